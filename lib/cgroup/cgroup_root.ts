import { WorkerError } from "../api/errors.ts";
import { blockDevices } from "./block_devices.ts";
import { errorCode } from "./control_file.ts";
import { type Controller, CONTROLLERS } from "./controllers.ts";
import { JobCgroup } from "./job_cgroup.ts";
import { type CgroupLimits, neededControllers, writeLimits } from "./limits.ts";
import type { Missing } from "./missing.ts";

const PREFIX = "job-";
const SWEEP_TIMEOUT_MS = 10_000;

/** The cgroup that holds those of the jobs, `job-<id>` each, beside the leaves `host` and `daemon`. */
export class CgroupRoot {
  /** Limits that can be had. */
  readonly controllers: ReadonlySet<Controller>;
  /** Where earlier processes had theirs, when that was elsewhere: jobs may still be there. */
  readonly #earlier: readonly string[];

  constructor(
    readonly path: string,
    /** Why the other limits can't be had. */
    readonly missing: ReadonlyMap<Controller, Missing>,
    earlier: readonly string[] = [],
  ) {
    this.#earlier = earlier;
    this.controllers = new Set(
      CONTROLLERS.filter((controller) => !missing.has(controller)),
    );
  }

  /**
   * Makes the cgroup of a job that has not started yet.
   *
   * @throws {WorkerError} `UNSUPPORTED` when a limit can't be had, `RESOURCE_EXHAUSTED` when the kernel
   * allows no more cgroups; nothing is left behind.
   */
  create(id: string, limits: CgroupLimits): JobCgroup {
    const disks = this.#require(limits);
    const job = new JobCgroup(pathOf(this.path, id));
    try {
      Deno.mkdirSync(job.path, { mode: 0o755 });
    } catch (cause) {
      throw refusal(`cannot make the cgroup "${job.path}"`, cause);
    }
    try {
      writeLimits(job.path, limits, disks);
    } catch (cause) {
      Deno.removeSync(job.path);
      throw refusal(`cannot limit the cgroup "${job.path}"`, cause);
    }
    return job;
  }

  /** @throws {WorkerError} `UNSUPPORTED`, naming what is missing and how to get it. */
  require(limits: CgroupLimits): void {
    this.#require(limits);
  }

  /** The disks that the limit of io is for. */
  #require(limits: CgroupLimits): string[] {
    for (const controller of neededControllers(limits)) {
      const refused = this.missing.get(controller);
      if (refused) throw unsupported(controller, refused);
    }
    if (limits.io === null) return [];
    const disks = blockDevices();
    if (disks.length > 0) return disks;
    throw unsupported("io", {
      missing: "this host shows no disk in /sys/block",
      advice: "leave the limit out",
    });
  }

  /** Ids of the jobs that have a cgroup, here or where an earlier process made it. */
  list(): string[] {
    const names = this.#homes.flatMap(jobsIn);
    return [...new Set(names.map((name) => name.slice(PREFIX.length)))];
  }

  /** The cgroup of a job, wherever it was made; null when it has none. */
  open(id: string): JobCgroup | null {
    return this.#find(id)[0] ?? null;
  }

  /**
   * Kills and removes the cgroups of all jobs but these, which must be all that run, those of another
   * process of the same name included.
   *
   * @returns how many are gone.
   */
  async sweep(keep: ReadonlySet<string>): Promise<number> {
    const leaked = this.list().filter((id) => !keep.has(id))
      .flatMap((id) => this.#find(id));
    for (const job of leaked) job.kill();
    const removed = await Promise.all(
      leaked.map(async (job) =>
        await job.emptied(SWEEP_TIMEOUT_MS) && await job.remove()
      ),
    );
    for (const home of this.#earlier) leaveHome(home);
    return removed.filter((gone) => gone).length;
  }

  get #homes(): string[] {
    return [this.path, ...this.#earlier];
  }

  #find(id: string): JobCgroup[] {
    return this.#homes.map((home) => pathOf(home, id)).filter(exists)
      .map((path) => new JobCgroup(path));
  }
}

function pathOf(home: string, id: string): string {
  if (!/^[\w-]+$/.test(id)) throw new TypeError(`"${id}" is not a job's id`);
  return `${home}/${PREFIX}${id}`;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** An earlier home may vanish at any time: whoever put it there removes it once it is empty. */
function jobsIn(home: string): string[] {
  try {
    return Array.from(Deno.readDirSync(home))
      .filter(({ name, isDirectory }) => isDirectory && name.startsWith(PREFIX))
      .map(({ name }) => name);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Removes a home without jobs; one whose job host lives stays, since its leaf can't be removed. */
function leaveHome(home: string): void {
  if (jobsIn(home).length > 0) return;
  for (const path of [`${home}/host`, `${home}/daemon`, home]) {
    try {
      Deno.removeSync(path);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") return;
    }
  }
}

function unsupported(
  controller: Controller,
  { missing, advice }: Missing,
): WorkerError {
  return new WorkerError(
    "UNSUPPORTED",
    `cannot limit "${controller}": ${missing}; ${advice}`,
  );
}

function refusal(action: string, cause: unknown): WorkerError {
  if (errorCode(cause) === "EAGAIN") {
    return new WorkerError(
      "RESOURCE_EXHAUSTED",
      `${action}: the kernel allows no more; remove cgroups or raise cgroup.max.descendants`,
      { cause },
    );
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return new WorkerError("INTERNAL", `${action}: ${message}`, { cause });
}
