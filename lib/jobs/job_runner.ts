import { parseDuration } from "../api/duration.ts";
import type { SignalName } from "../api/signals.ts";
import { type Clock, timestamp } from "./clock.ts";
import { startProcess } from "./start_process.ts";
import type { JobStore } from "./job_store.ts";
import type { Launch } from "./launcher.ts";
import type { EndTimes } from "./leftovers.ts";
import type { ManagedJob } from "./managed_job.ts";
import type { OutputLog } from "./output_log.ts";
import type { Subreaper } from "./subreaper.ts";

/** A job that runs this long gets its start time into its record; most have ended by then. */
const IDENTIFY_MS = 100;

/** Between SIGTERM and SIGKILL for a job that ran out of time. */
const TIMEOUT_GRACE_MS = 10_000;

/** What all jobs of a {@linkcode JobRunner} have in common. */
export interface JobRunnerOptions {
  clock: Clock;
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

  /** Starts a pending job's process. @throws {WorkerError} as `launchProcess` does. */
  start(job: ManagedJob, launch: Launch, log: OutputLog): void {
    const { subreaper, endTimes, clock } = this.#options;
    const process = startProcess(launch, {
      jobId: job.id,
      log,
      cgroup: null,
      subreaper,
      times: endTimes,
    });
    job.live = { process, log };
    job.queuedLog = null;
    job.queued = false;
    job.advance({ type: "started", pid: process.pid, at: timestamp(clock) });
    this.#watch(job);
    this.#store.changed(job);
  }

  /** Takes over a job whose process runs already; a stop that was under way begins anew. */
  adopt(job: ManagedJob): void {
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
    const ran = clock.now() - Date.parse(job.startedAt!);
    return clock.after(parseDuration(timeout) - ran, () => {
      if (job.state !== "running") return;
      this.stop(job, "timeout", { name: "SIGTERM", grace: TIMEOUT_GRACE_MS });
    });
  }

  async #awaitEnd(job: ManagedJob): Promise<void> {
    const { process, log } = job.live!;
    const cancels = [this.#identify(job), this.#limitTime(job)];
    const { code, signal, outOfMemory, ...seen } = await process.ended;
    for (const cancel of cancels) cancel();
    // From here on in one go, so that nobody sees half of an end.
    this.#running.delete(job);
    const sha256 = log.finish();
    const { start, end, bytes } = log;
    job.live = null;
    job.storedBytes = log.fileBytes;
    const at = timestamp(this.#options.clock);
    job.advance({ type: "ended", code, signal, outOfMemory, at }, {
      output: { start, end },
      bytes: { ...bytes },
      sha256,
      leftovers: seen.leftovers,
      usage: seen.usage,
    });
    this.#store.changed(job);
    log.changed.notify();
    this.#options.ended(job);
  }
}
