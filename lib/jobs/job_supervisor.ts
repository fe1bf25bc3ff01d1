import { WorkerError } from "../api/errors.ts";
import type { Job, JobRequest, JobSpec } from "../api/job.ts";
import type { JobStatistics } from "../api/job_statistics.ts";
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
import { feedInput } from "./input.ts";
import { JobEngine } from "./job_engine.ts";
import type {
  JobSettings,
  JobSupervisorOptions,
} from "./job_supervisor_options.ts";
import { type LogChange, watchLog } from "./log_change.ts";
import type { ManagedJob } from "./managed_job.ts";
import { openOutput } from "./open_output.ts";
import type { LogFollower } from "./output_log.ts";
import type { JobOutput } from "./output_source.ts";
import { parseSignal } from "./signal.ts";

/**
 * Runs jobs on this host: the `JobService` that all the others stand for.
 *
 * A job that was started is on disk before its process exists; its end is on disk before anybody
 * is told. Dispose it to stop every job that runs and wait for their ends; those that are pending
 * stay so for the next supervisor of the directory.
 */
export class JobSupervisor implements JobService, AsyncDisposable {
  readonly #engine: JobEngine;

  /**
   * Takes over the jobs that an earlier supervisor left in the directory: those that waited wait on,
   * what runs is adopted, and what had ended unseen is `lost`. Two supervisors must not share a job.
   */
  constructor(options: JobSupervisorOptions) {
    this.#engine = new JobEngine(options);
  }

  /** Changes what is given, from now on: jobs that run keep the cap they were started with. */
  configure(settings: Partial<JobSettings>): void {
    this.#engine.configure(settings);
  }

  /** How many jobs have a process, and how many wait for one. */
  counts(): { live: number; pending: number } {
    return this.#engine.counts();
  }

  /**
   * What was counted since its start, and its jobs now: all of them, or those whose id is `isOwn`.
   *
   * @internal
   */
  statistics(isOwn: (id: string) => boolean = () => true): JobStatistics {
    const { rss: memoryBytes } = Deno.memoryUsage();
    return { ...this.#engine.statistics(isOwn), memoryBytes };
  }

  /** Resolves when no job runs and none is pending; at once when that is so now. */
  idle(options: WaitOptions = {}): Promise<void> {
    return this.#engine.idle(options);
  }

  /**
   * Takes over one more job of the directory, which another process ran and has let go of. Nothing
   * happens when it is known already, or is no job.
   */
  recover(directory: string): void {
    this.#engine.recover(directory);
  }

  async start(request: JobRequest, options: StartOptions): Promise<Job> {
    // Whoever takes specs only does without the schemas, and the memory that they take.
    const { parseSpec } = await import("./spec.ts");
    return await this.startSpec(parseSpec(request), options);
  }

  /**
   * Starts a job whose request was checked and completed already.
   *
   * @internal
   */
  async startSpec(spec: JobSpec, options: StartOptions): Promise<Job> {
    const job = await this.#engine.admission.admit(spec, options);
    return job.toJob();
  }

  /**
   * The job that the same start has led to here; null when there is none.
   *
   * @internal
   * @throws {WorkerError} `CONFLICT` when another start had the key.
   */
  startedWith(spec: JobSpec, options: StartOptions): Job | null {
    return this.#engine.admission.startedWith(spec, options)?.toJob() ?? null;
  }

  async get(
    id: string,
    { wait = false, signal }: GetOptions = {},
  ): Promise<Job> {
    const job = this.#engine.store.find(id);
    if (wait) await this.#final(job, signal);
    return job.toJob();
  }

  async #final(
    job: ManagedJob,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    while (!job.isFinal) {
      signal?.throwIfAborted();
      job.throwIfAbandoned();
      await job.changed.next(signal ? { signal } : {});
    }
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async list(filter: JobFilter = {}): Promise<Job[]> {
    return this.#engine.store.list(filter);
  }

  watch(filter: JobFilter, options: WaitOptions): AsyncIterable<Job> {
    return this.#engine.store.watch(filter, options);
  }

  async stop(id: string, options: StopOptions = {}): Promise<Job> {
    const job = this.#engine.store.find(id);
    const name = parseSignal(options.name ?? "SIGTERM");
    if (job.state === "pending") this.#engine.admission.cancel(job);
    else if (job.live) {
      const { grace = 10_000 } = options;
      this.#engine.runner.stop(job, "stopped", { name, grace });
    }
    await this.#final(job, options.signal);
    return job.toJob();
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async signal(id: string, name: string): Promise<Job> {
    const job = this.#engine.store.find(id);
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

  async pause(id: string): Promise<Job> {
    const job = this.#engine.store.find(id);
    await this.#engine.runner.freeze(job, { paused: true });
    return job.toJob();
  }

  async resume(id: string): Promise<Job> {
    const job = this.#engine.store.find(id);
    await this.#engine.runner.freeze(job, { paused: false });
    return job.toJob();
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async remove(id: string): Promise<void> {
    const job = this.#engine.store.find(id);
    if (!job.isFinal) {
      throw new WorkerError(
        "CONFLICT",
        `cannot remove job "${id}": it is ${job.state}; stop it first`,
      );
    }
    this.#engine.retention.remove(job);
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async output(id: string, options: OutputOptions = {}): Promise<OutputSource> {
    return openOutput(this.#output(this.#engine.store.find(id)), options);
  }

  /**
   * How a job's log grows, for a reader in another process (see `LogView`).
   *
   * @internal
   * @throws {WorkerError} `NOT_FOUND`
   */
  log(id: string, options: { signal: AbortSignal }): AsyncIterable<LogChange> {
    return watchLog(this.#output(this.#engine.store.find(id)), options);
  }

  /**
   * Makes a reader in another process one that a job with `overflow: "wait"` waits for; null when
   * there is nothing to wait for, because the job is final.
   *
   * @internal
   */
  follower(id: string): LogFollower | null {
    const job = this.#engine.store.find(id);
    if (job.state === "pending") {
      return this.#engine.admission.openLog(job).follower();
    }
    return job.live?.log.follower() ?? null;
  }

  #output(job: ManagedJob): JobOutput {
    if (job.state === "pending") this.#engine.admission.openLog(job);
    return job.output();
  }

  async input(
    id: string,
    data: AsyncIterable<Uint8Array>,
    options: WaitOptions = {},
  ): Promise<Job> {
    const job = this.#engine.store.find(id);
    await feedInput(job, data, options);
    return job.toJob();
  }

  /** Stops every job that runs and waits for the ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine[Symbol.asyncDispose]();
  }
}
