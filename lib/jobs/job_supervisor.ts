import { hostname } from "node:os";
import { getLogger } from "@logtape/logtape";
import { WorkerError } from "../api/errors.ts";
import type { Job, JobRequest } from "../api/job.ts";
import type {
  GetOptions,
  JobFilter,
  JobService,
  OutputOptions,
  OutputSource,
  StartOptions,
  StopOptions,
  WaitOptions,
} from "../api/job_service.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import { feedInput } from "./input.ts";
import { JobAdmission } from "./job_admission.ts";
import { JobRunner } from "./job_runner.ts";
import { JobStore } from "./job_store.ts";
import {
  type JobSettings,
  type JobSupervisorOptions,
  settingsOf,
} from "./job_supervisor_options.ts";
import { DEFAULT_END_TIMES } from "./leftovers.ts";
import type { ManagedJob } from "./managed_job.ts";
import { Notifier } from "./notifier.ts";
import { JobOutputSource } from "./output_source.ts";
import { recoverJobs } from "./recovery.ts";
import { Retention } from "./retention.ts";
import { parseSignal } from "./signal.ts";
import { StreamFilter } from "./stream_filter.ts";
import { Subreaper } from "./subreaper.ts";
import { offsetOfLastLines } from "./tail.ts";

const logger = getLogger(["worker", "jobs"]);

/** How often old jobs are looked for, and what failed for want of disk is tried again. */
const HOUSEKEEPING_MS = 10_000;

/**
 * Runs jobs on this host: the `JobService` that all the others stand for.
 *
 * A job that was started is on disk before its process exists; its end is on disk before anybody
 * is told. Dispose it to stop every job that runs and wait for their ends; those that are pending
 * stay so for the next supervisor of the directory.
 */
export class JobSupervisor implements JobService, AsyncDisposable {
  readonly #settings: JobSettings;
  readonly #subreaper: Subreaper | null;
  readonly #store: JobStore;
  readonly #runner: JobRunner;
  readonly #retention: Retention;
  readonly #admission: JobAdmission;
  readonly #becameIdle = new Notifier();
  readonly #housekeeping: ReturnType<typeof setInterval>;
  #closing = false;

  /**
   * Takes over the jobs that an earlier supervisor left in the directory: those that waited wait on,
   * and what it had not seen end is `lost`. Two supervisors must not share a directory.
   */
  constructor(options: JobSupervisorOptions) {
    const { directory, node = hostname(), clock = SYSTEM_CLOCK } = options;
    const settings = settingsOf(options);
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    const store = new JobStore(directory);
    const jobs = recoverJobs(directory);
    for (const job of jobs) store.restore(job);
    this.#settings = settings;
    this.#store = store;
    this.#subreaper = options.subreaper ? new Subreaper() : null;
    this.#retention = new Retention(store, { settings, clock });
    this.#runner = new JobRunner(store, {
      clock,
      subreaper: this.#subreaper,
      endTimes: { ...DEFAULT_END_TIMES, ...options.endTimes },
      ended: (job) => this.#ended(job),
    });
    this.#admission = new JobAdmission({
      directory,
      node,
      settings,
      clock,
      store,
      runner: this.#runner,
      retention: this.#retention,
      gone: () => this.#lookIfIdle(),
    });
    for (const job of jobs) if (job.live) this.#runner.adopt(job);
    this.#admission.restore(jobs);
    this.#housekeeping = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS);
    this.#keepHouse();
  }

  #keepHouse(): void {
    try {
      this.#store.saveUnsaved();
      this.#retention.enforce();
      this.#admission.startNext();
    } catch (error) {
      logger.error`housekeeping failed, and is tried again: ${error}`;
    }
  }

  #ended(job: ManagedJob): void {
    this.#retention.ended(job);
    this.#admission.startNext();
    this.#lookIfIdle();
  }

  /** Changes what is given, from now on: jobs that run keep the cap they were started with. */
  configure(settings: Partial<JobSettings>): void {
    Object.assign(this.#settings, settings);
    this.#keepHouse();
  }

  /** How many jobs have a process, and how many wait for one. */
  counts(): { live: number; pending: number } {
    return { live: this.#runner.count, pending: this.#admission.pending };
  }

  /** Resolves when no job runs and none is pending; at once when that is so now. */
  async idle({ signal }: WaitOptions = {}): Promise<void> {
    while (!this.#isIdle) {
      signal?.throwIfAborted();
      await this.#becameIdle.next(signal ? { signal } : {});
    }
  }

  get #isIdle(): boolean {
    const { live, pending } = this.counts();
    return live === 0 && pending === 0;
  }

  #lookIfIdle(): void {
    if (this.#isIdle) this.#becameIdle.notify();
  }

  async start(request: JobRequest, { owner }: StartOptions): Promise<Job> {
    const job = await this.#admission.admit(request, owner);
    return job.toJob();
  }

  async get(
    id: string,
    { wait = false, signal }: GetOptions = {},
  ): Promise<Job> {
    const job = this.#store.find(id);
    if (wait) await this.#final(job, signal);
    return job.toJob();
  }

  async #final(
    job: ManagedJob,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    while (!job.isFinal) {
      signal?.throwIfAborted();
      if (this.#closing && job.state === "pending") {
        throw new WorkerError("UNAVAILABLE", "the server is shutting down");
      }
      await job.changed.next(signal ? { signal } : {});
    }
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async list(filter: JobFilter = {}): Promise<Job[]> {
    return this.#store.list(filter);
  }

  watch(filter: JobFilter, options: WaitOptions): AsyncIterable<Job> {
    return this.#store.watch(filter, options);
  }

  async stop(id: string, options: StopOptions = {}): Promise<Job> {
    const job = this.#store.find(id);
    const name = parseSignal(options.name ?? "SIGTERM");
    if (job.state === "pending") this.#admission.cancel(job);
    else if (job.live) {
      const { grace = 10_000 } = options;
      this.#runner.stop(job, "stopped", { name, grace });
    }
    await this.#final(job, options.signal);
    return job.toJob();
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async signal(id: string, name: string): Promise<Job> {
    const job = this.#store.find(id);
    const signal = parseSignal(name);
    if (!job.live?.process.signal(signal)) {
      throw new WorkerError(
        "CONFLICT",
        `cannot signal job "${id}": ${
          job.state === "pending"
            ? "it has not started yet; stop it, or wait for its start"
            : "it has ended"
        }`,
      );
    }
    return job.toJob();
  }

  pause(id: string): Promise<Job> {
    return this.#freeze(id, { paused: true, action: "pause" });
  }

  resume(id: string): Promise<Job> {
    return this.#freeze(id, { paused: false, action: "resume" });
  }

  async #freeze(
    id: string,
    { paused, action }: { paused: boolean; action: "pause" | "resume" },
  ): Promise<Job> {
    const job = this.#store.find(id);
    if (!job.live || job.state !== "running") {
      throw new WorkerError(
        "CONFLICT",
        `cannot ${action} job "${id}": it is ${job.state}`,
      );
    }
    await job.live.process[action]();
    // It may have been stopped meanwhile.
    if (job.state === "running" && job.paused !== paused) {
      job.paused = paused;
      this.#store.changed(job);
    }
    return job.toJob();
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async remove(id: string): Promise<void> {
    const job = this.#store.find(id);
    if (!job.isFinal) {
      throw new WorkerError(
        "CONFLICT",
        `cannot remove job "${id}": it is ${job.state}; stop it first`,
      );
    }
    this.#retention.remove(job);
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async output(id: string, options: OutputOptions = {}): Promise<OutputSource> {
    const job = this.#store.find(id);
    if (job.state === "pending") this.#admission.openLog(job);
    const output = job.output();
    const from = options.tail === undefined
      ? options.from ?? 0
      : offsetOfLastLines(output.log, options.tail);
    const source = new JobOutputSource(output, {
      from,
      follow: options.follow ?? false,
    });
    return options.stream ? new StreamFilter(source, options.stream) : source;
  }

  async input(
    id: string,
    data: AsyncIterable<Uint8Array>,
    options: WaitOptions = {},
  ): Promise<Job> {
    const job = this.#store.find(id);
    await feedInput(job, data, options);
    return job.toJob();
  }

  /** Stops every job that runs and waits for the ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    clearInterval(this.#housekeeping);
    await this.#admission[Symbol.asyncDispose]();
    const grace = this.#settings.shutdownGrace;
    for (const job of this.#store) {
      if (job.live) {
        this.#runner.stop(job, "stopped", { name: "SIGTERM", grace });
      } // Whoever waits for a pending one is told that this is over.
      else if (job.state === "pending") job.changed.notify();
    }
    await this.#runner.settled();
    this.#subreaper?.[Symbol.dispose]();
  }
}
