import { parseDuration } from "../api/duration.ts";
import { WorkerError } from "../api/errors.ts";
import type { SignalName } from "../api/signals.ts";
import type { CgroupSupport, JobCgroup } from "../cgroup/mod.ts";
import { type Clock, timestamp } from "../clock.ts";
import type { JobStore } from "./job_store.ts";
import type { Launch } from "./launcher.ts";
import type { EndTimes } from "./leftovers.ts";
import type { ManagedJob } from "./managed_job.ts";
import { cgroupLimits } from "./limits.ts";
import type { OutputLog } from "./output_log.ts";
import { startProcess } from "./start_process.ts";
import { ageOf } from "./proc.ts";
import type { Subreaper } from "./subreaper.ts";

/** A job that runs this long gets its start time into its record; most have ended by then. */
const IDENTIFY_MS = 100;

/** Between SIGTERM and SIGKILL for a job that ran out of time. */
const TIMEOUT_GRACE_MS = 10_000;

/** What all jobs of a {@linkcode JobRunner} have in common. */
export interface JobRunnerOptions {
  clock: Clock;
  cgroups: CgroupSupport;
  subreaper: Subreaper | null;
  endTimes: EndTimes;
  /** Called when a job has ended, after everybody was told. */
  ended: (job: ManagedJob) => void;
}

/** Runs jobs: from the start of the process, or its adoption, to the end of all it started. */
export class JobRunner {
  readonly #store: JobStore;
  readonly #options: JobRunnerOptions;
  readonly #running = new Map<ManagedJob, Promise<void>>();

  constructor(store: JobStore, options: JobRunnerOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** How many jobs have a process now. */
  get count(): number {
    return this.#running.size;
  }

  /**
   * Starts a pending job's process, in a cgroup of its own where there are cgroups.
   *
   * @throws {WorkerError} as `launchProcess` and `CgroupRoot.create` do.
   */
  start(job: ManagedJob, launch: Launch, log: OutputLog): void {
    const { subreaper, endTimes, clock } = this.#options;
    const cgroup = this.#createCgroup(job);
    let process;
    try {
      process = startProcess(launch, {
        jobId: job.id,
        log,
        cgroup,
        subreaper,
        times: endTimes,
      });
    } catch (error) {
      cgroup?.remove().catch(() => {});
      throw error;
    }
    job.live = { process, log };
    job.queuedLog = null;
    job.queued = false;
    job.advance({ type: "started", pid: process.pid, at: timestamp(clock) });
    this.#store.counters.started();
    this.#watch(job);
    this.#store.changed(job);
  }

  #createCgroup({ id, identity }: ManagedJob): JobCgroup | null {
    const { cgroups } = this.#options;
    if (cgroups.kind === "unsupported") return null;
    return cgroups.root.create(id, cgroupLimits(identity.limits, cgroups));
  }

  /** Takes over a job whose process runs already; a stop that was under way begins anew. */
  adopt(job: ManagedJob): void {
    this.#store.counters.adopted(job);
    this.#watch(job);
    if (job.state === "stopping") {
      job.live!.process.stop("SIGTERM", TIMEOUT_GRACE_MS);
    }
  }

  /** Sends `name` to all of a job and SIGKILL after the grace. */
  stop(
    job: ManagedJob,
    reason: "stopped" | "timeout",
    { name, grace }: { name: SignalName; grace: number },
  ): void {
    if (job.state === "running") {
      job.advance({ type: "stop", reason });
      this.#store.changed(job);
    }
    job.paused = false;
    job.live?.process.stop(name, grace);
  }

  /**
   * Stops all of a job from running, or lets it go on. Twice is fine.
   *
   * @throws {WorkerError} `UNSUPPORTED` without a cgroup, `CONFLICT` when the job does not run.
   */
  async freeze(
    job: ManagedJob,
    { paused }: { paused: boolean },
  ): Promise<void> {
    const action = paused ? "pause" : "resume";
    if (!job.live || job.state !== "running") {
      throw new WorkerError(
        "CONFLICT",
        `cannot ${action} job "${job.id}": it is ${job.state}`,
      );
    }
    await job.live.process[action]();
    // It may have been stopped meanwhile.
    if (job.state !== "running" || job.paused === paused) return;
    job.paused = paused;
    this.#store.changed(job);
  }

  /** Resolves when every job that runs now has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  #watch(job: ManagedJob): void {
    this.#running.set(job, this.#awaitEnd(job));
  }

  #identify(job: ManagedJob): () => void {
    if (job.startTime !== null) return () => {};
    const timer = setTimeout(() => {
      job.startTime = job.live?.process.startTime() ?? null;
      this.#store.save(job);
    }, IDENTIFY_MS);
    return () => clearTimeout(timer);
  }

  #limitTime(job: ManagedJob): () => void {
    const { timeout } = job.identity;
    if (timeout === null) return () => {};
    const { clock } = this.#options;
    // Of one that was adopted the host's clock may have been set meanwhile.
    const ran = job.startTime === null
      ? clock.now() - Date.parse(job.startedAt!)
      : ageOf(job.startTime);
    return clock.after(parseDuration(timeout) - ran, () => {
      if (job.state !== "running") return;
      this.stop(job, "timeout", { name: "SIGTERM", grace: TIMEOUT_GRACE_MS });
    });
  }

  async #awaitEnd(job: ManagedJob): Promise<void> {
    const { process, log } = job.live!;
    const cancels = [this.#identify(job), this.#limitTime(job)];
    // What is left behind may take its time, and whoever comes next is to know the exit code.
    process.outlived.then(() => this.#store.save(job));
    const seen = await process.ended;
    for (const cancel of cancels) cancel();
    // From here on in one go, so that nobody sees half of an end.
    this.#running.delete(job);
    const sha256 = log.finish();
    const { start, end, bytes } = log;
    const { code, signal, outOfMemory, leftovers, usage } = seen;
    const at = timestamp(this.#options.clock);
    job.live = null;
    job.storedBytes = log.fileBytes;
    job.advance({ type: "ended", code, signal, outOfMemory, at }, {
      output: { start, end },
      bytes: { ...bytes },
      sha256,
      leftovers,
      usage,
    });
    this.#store.counters.ended(job, bytes);
    this.#store.changed(job);
    log.changed.notify();
    this.#options.ended(job);
  }
}
