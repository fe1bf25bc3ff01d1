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

  constructor(
    readonly path: string,
    /** Why the other limits can't be had. */
    readonly missing: ReadonlyMap<Controller, Missing>,
  ) {
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
    this.require(limits);
    const job = new JobCgroup(this.#pathOf(id));
    try {
      Deno.mkdirSync(job.path, { mode: 0o755 });
    } catch (cause) {
      throw refusal(`cannot make the cgroup "${job.path}"`, cause);
    }
    try {
      writeLimits(job.path, limits);
    } catch (cause) {
      Deno.removeSync(job.path);
      throw refusal(`cannot limit the cgroup "${job.path}"`, cause);
    }
    return job;
  }

  /** @throws {WorkerError} `UNSUPPORTED`, naming what is missing and how to get it. */
  require(limits: CgroupLimits): void {
    for (const controller of neededControllers(limits)) {
      const refused = this.missing.get(controller);
      if (refused) throw unsupported(controller, refused);
    }
    if (limits.io !== null && blockDevices().length === 0) {
      throw unsupported("io", {
        missing: "this host shows no disk in /sys/block",
        advice: "leave the limit out",
      });
    }
  }

  /** Ids of the jobs that have a cgroup. */
  list(): string[] {
    return Array.from(Deno.readDirSync(this.path))
      .filter(({ name, isDirectory }) => isDirectory && name.startsWith(PREFIX))
      .map(({ name }) => name.slice(PREFIX.length));
  }

  /** The cgroup of a job, null when it has none. */
  open(id: string): JobCgroup | null {
    const job = new JobCgroup(this.#pathOf(id));
    try {
      Deno.statSync(job.path);
      return job;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return null;
      throw error;
    }
  }

  /** Kills and removes the cgroups of all jobs but these; counts those that are gone. */
  async sweep(keep: ReadonlySet<string>): Promise<number> {
    const leaked = this.list().filter((id) => !keep.has(id))
      .map((id) => this.open(id)).filter((job) => job !== null);
    for (const job of leaked) job.kill();
    const removed = await Promise.all(
      leaked.map(async (job) =>
        await job.emptied(SWEEP_TIMEOUT_MS) && await job.remove()
      ),
    );
    return removed.filter((gone) => gone).length;
  }

  #pathOf(id: string): string {
    if (!/^[\w-]+$/.test(id)) throw new TypeError(`"${id}" is not a job's id`);
    return `${this.path}/${PREFIX}${id}`;
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
