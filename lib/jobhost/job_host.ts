import { basename, join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { WorkerError } from "../api/errors.ts";
import type { JobStatistics } from "../api/job_statistics.ts";
import { JobSupervisor } from "../jobs/job_supervisor.ts";
import { type CgroupSupport, openCgroups } from "../cgroup/mod.ts";
import { VERSION } from "../version.ts";
import { ownBuild } from "./build.ts";
import { createHostHandler } from "./host_handler.ts";
import { removeDeadSockets } from "./dead_sockets.ts";
import { isLinked, linkSocket, unlinkSocket } from "./link_socket.ts";
import type { HostInfo, HostSettings, Retirement } from "./host_api.ts";
import {
  cgroupName,
  type HostPaths,
  hostPaths,
  socketOf,
} from "./host_paths.ts";
import type { HostServices } from "./host_routes.ts";
import { Lifetime, type LifetimeOptions } from "./lifetime.ts";
import { PidLock } from "./pid_lock.ts";
import { RetiredHosts, writeRetiredFile } from "./retired_hosts.ts";
import { UnixListener } from "./unix_listener.ts";

const logger = getLogger(["worker", "jobhost"]);

/** How often it looks whether it is still needed, and whether a predecessor has ended. */
const LOOK_MS = 500;

/** How long it tries to have the lock: somebody may just look at it. */
const LOCK_MS = 500;

/** How long answers that are under way may take when it ends. */
const ANSWER_MS = 1_000;

/** Options of a {@linkcode JobHost}. */
export interface JobHostOptions extends Omit<LifetimeOptions, "busy"> {
  stateDir: string;
  /** Users who may connect besides root and this process's own; the first gets the socket. @default none */
  uids?: readonly number[];
}

/**
 * The process that owns jobs: their processes, their pipes, their output on disk. It outlives the
 * daemon, serves `JobService` on a unix socket, and touches no network.
 *
 * Its life: it takes the lock and the jobs on disk, listens, and ends when it is told to or is of no
 * more use. A newer build retires it: it gives the lock away, keeps the jobs that are not final, and
 * ends with the last of them.
 */
export class JobHost implements HostServices, AsyncDisposable {
  readonly #paths: HostPaths;
  readonly #jobs: JobSupervisor;
  readonly #lifetime: Lifetime;
  readonly #predecessors: RetiredHosts;
  readonly #build = ownBuild();
  readonly #resources: AsyncDisposableStack;
  readonly #looking: ReturnType<typeof setInterval>;
  readonly #uids: readonly number[];
  #lock: PidLock;
  #listener: UnixListener | null = null;
  /** Under way when somebody has removed the lock or the socket. */
  #returning: Promise<void> | null = null;
  #displaced = false;
  #starting = 0;
  #retirement: Promise<Retirement> | null = null;
  #own: string[] | null = null;

  private constructor(lock: PidLock, options: JobHostOptions) {
    this.#paths = hostPaths(options.stateDir);
    this.#uids = options.uids ?? [];
    this.#lock = lock;
    this.#predecessors = new RetiredHosts(this.#paths.run);
    this.#resources = new AsyncDisposableStack();
    this.#jobs = this.#resources.use(
      new JobSupervisor({
        directory: this.#paths.jobs,
        subreaper: true,
        cgroups: cgroupsOf(options.stateDir),
        mayRecover: (directory) =>
          !this.#predecessors.owns(basename(directory)),
      }),
    );
    this.#lifetime = new Lifetime({ ...options, busy: () => this.#busy });
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Starts it; null when another one has the state directory. */
  static async start(options: JobHostOptions): Promise<JobHost | null> {
    const { run, lock: lockPath } = hostPaths(options.stateDir);
    await Deno.mkdir(run, { recursive: true, mode: 0o700 });
    const lock = await PidLock.takeWithin(lockPath, LOCK_MS);
    if (lock === null) return null;
    const host = new JobHost(lock, options);
    try {
      await host.#listen();
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
    return host;
  }

  async #listen(): Promise<void> {
    const path = socketOf(this.#paths.run, Deno.pid);
    removeDeadSockets(this.#paths.run, this.#predecessors.sockets);
    this.#listener = await UnixListener.listen({
      path,
      uids: new Set([0, Deno.uid() ?? 0, ...this.#uids]),
      owner: this.#uids[0],
      handler: createHostHandler(this.#jobs, this),
    });
    linkSocket(this.#paths.socket, path);
    logger.info`job host ${Deno.pid} listens, version ${VERSION}`;
  }

  /** Resolves with the reason when it is time to dispose it. */
  get over(): Promise<string> {
    return this.#lifetime.over;
  }

  /** Says why it ends. Its jobs end with it, unless it has none. */
  leave(reason: string): void {
    logger.info`job host ${Deno.pid} ends: ${reason}`;
  }

  get #busy(): boolean {
    const { live, pending } = this.#jobs.counts();
    return live + pending + this.#starting > 0;
  }

  #look(): void {
    this.takeOver();
    this.#lifetime.look();
    if (this.#retirement || this.#returning || this.#listener === null) return;
    const { run, socket } = this.#paths;
    if (this.#lock.isThere && isLinked(socket, socketOf(run, Deno.pid))) return;
    this.#returning = this.#return().catch((error) =>
      logger
        .error`the place in "${run}" can't be taken again: ${error}`
    ).finally(() => this.#returning = null);
  }

  /**
   * Somebody has tidied up under it: nobody would find it any more, and a second one could take its
   * jobs. So it takes its place again, or leaves it to whoever has it by now.
   */
  async #return(): Promise<void> {
    const { run, lock } = this.#paths;
    if (!this.#lock.isThere) {
      if (!isDirectory(this.#paths.jobs)) {
        return this.#lifetime.end("its state directory was removed");
      }
      Deno.mkdirSync(run, { recursive: true, mode: 0o700 });
      const taken = await PidLock.takeWithin(lock, LOCK_MS);
      if (taken === null) {
        this.#displaced = true;
        return this.#lifetime.end("another one has taken its place");
      }
      this.#lock[Symbol.dispose]();
      this.#lock = taken;
    }
    // First the old one: its end removes whatever is at its path.
    await this.#listener?.close({ deadlineMs: ANSWER_MS });
    await this.#listen();
    logger
      .warn`the lock or the socket in "${run}" was gone, and is there again`;
  }

  /** True when another one has its place and its jobs: it is to end without touching them. */
  get displaced(): boolean {
    return this.#displaced;
  }

  /** Whether a job belongs to a predecessor that is still there. */
  isElsewhere(id: string): boolean {
    return this.#predecessors.owns(id);
  }

  /** Takes the jobs of predecessors that have ended since. */
  takeOver(): void {
    for (const id of this.#predecessors.released()) {
      this.#jobs.recover(join(this.#paths.jobs, id));
    }
  }

  info(): HostInfo {
    return {
      pid: Deno.pid,
      version: VERSION,
      build: this.#build,
      own: this.#own,
      jobs: this.#jobs.counts(),
      retiredSockets: this.#predecessors.sockets,
    };
  }

  statistics(): JobStatistics {
    const own = this.#own && new Set(this.#own);
    return this.#jobs.statistics((id) => own === null || own.has(id));
  }

  attach(settings: HostSettings): Disposable {
    this.#jobs.configure(settings);
    return this.#lifetime.attach();
  }

  /** Holds a place for a job that is about to be started, so that nobody calls this idle. */
  admit(): Disposable {
    if (this.#retirement !== null) {
      throw new WorkerError(
        "UNAVAILABLE",
        "this job host was replaced: start the job at its successor",
      );
    }
    this.#starting++;
    return { [Symbol.dispose]: () => void this.#starting-- };
  }

  retire(): Promise<Retirement> {
    return this.#retirement ??= this.#retire();
  }

  async #retire(): Promise<Retirement> {
    // What was let in before becomes a job, or is refused, first.
    while (this.#starting > 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#lifetime.retire();
    if (!this.#busy) {
      this.#lifetime.end("it was replaced while it was idle");
      return { state: "ended" };
    }
    const jobs = await this.#jobs.list({
      state: ["pending", "running", "stopping"],
    });
    const own = this.#own = jobs.map(({ id }) => id);
    const retired = writeRetiredFile(this.#paths.run, own);
    this.#lock[Symbol.dispose]();
    this.#lock = retired;
    logger.info`replaced; ${own.length} jobs are still to end`;
    return { state: "draining" };
  }

  /** Ends it with its jobs: gracefully, then by SIGKILL. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#looking);
    await this.#returning;
    await this.#resources.disposeAsync();
    await this.#listener?.close({ deadlineMs: ANSWER_MS });
    unlinkSocket(this.#paths.socket, socketOf(this.#paths.run, Deno.pid));
    this.#lock[Symbol.dispose]();
  }
}

/** What this host offers to the jobs of a state directory. */
function cgroupsOf(stateDir: string): CgroupSupport {
  const cgroups = openCgroups({ name: cgroupName(stateDir) });
  if (cgroups.kind === "ready") {
    const { path, controllers } = cgroups.root;
    logger.info`jobs get cgroups in ${path}, with ${[...controllers].join()}`;
  } else {
    logger
      .info`jobs get no cgroups, and no limits: ${cgroups.missing}; ${cgroups.advice}`;
  }
  return cgroups;
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
