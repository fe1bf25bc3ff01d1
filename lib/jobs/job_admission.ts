import { monotonicFactory } from "ulid";
import { WorkerError } from "../api/errors.ts";
import type { JobSpec } from "../api/job.ts";
import type { StartOptions } from "../api/job_service.ts";
import { startTime } from "../api/start_after.ts";
import { parseSize } from "../api/size.ts";
import type { CgroupSupport } from "../cgroup/mod.ts";
import { type Clock, timestamp } from "../clock.ts";
import { problemOfDisk } from "./disk_budget.ts";
import { JobQueue } from "./job_queue.ts";
import type { JobRunner } from "./job_runner.ts";
import type { JobStore } from "./job_store.ts";
import type { JobSettings } from "./job_supervisor_options.ts";
import { type Launch, prepareLaunch } from "./launcher.ts";
import type { LifeEvent } from "./life_cycle.ts";
import { cgroupLimits } from "./limits.ts";
import { ManagedJob } from "./managed_job.ts";
import { OutputLog } from "./output_log.ts";
import type { Retention } from "./retention.ts";
import { momentOf } from "./start_schedule.ts";

/** What a {@linkcode JobAdmission} works with. */
export interface JobAdmissionOptions {
  directory: string;
  settings: Readonly<JobSettings>;
  clock: Clock;
  store: JobStore;
  runner: JobRunner;
  retention: Retention;
  cgroups: CgroupSupport;
  /** Called when a job may have ceased to be pending. */
  gone: () => void;
}

/**
 * From a request to a process. A request is checked at once and whole; then its job starts, or is
 * pending until its time has come, a place is free and the disk has room. When it is its turn all is
 * checked again, and what has become impossible meanwhile fails the job with `start_failed`.
 */
export class JobAdmission implements AsyncDisposable {
  readonly #options: JobAdmissionOptions;
  readonly #nextId = monotonicFactory();
  readonly #queue: JobQueue;
  #closed = false;

  constructor(options: JobAdmissionOptions) {
    this.#options = options;
    this.#queue = new JobQueue({
      clock: options.clock,
      free: () =>
        this.#problem() === null
          ? options.settings.maxJobs - options.runner.count
          : 0,
      start: (job) => this.#startQueued(job),
      started: options.gone,
    });
  }

  /** How many jobs are pending. */
  get pending(): number {
    return this.#queue.size;
  }

  /**
   * Takes a job: it has been started, or waits. One that was started with the same key is given again.
   *
   * @throws {WorkerError}
   */
  async admit(
    asked: JobSpec,
    { owner, key }: StartOptions,
  ): Promise<ManagedJob> {
    const { clock, settings: { node }, store, runner } = this.#options;
    const known = this.startedWith(asked, { owner, key });
    if (known) return known;
    this.#refuse();
    const { startAfter } = asked;
    const moment = startAfter === null ? null : momentOf(startAfter, clock);
    const spec = startAfter === null
      ? asked
      : { ...asked, startAfter: startTime(startAfter, clock.now()) };
    const id = this.#nextId().toLowerCase();
    const launch = await this.#prepare(spec, id);
    // The same start may have come twice at once.
    const faster = this.startedWith(asked, { owner, key });
    if (faster) return faster;
    this.#refuse();
    const createdAt = this.#now();
    const job = new ManagedJob(
      { ...spec, id, owner, node, createdAt },
      store.directoryOf(id),
      key,
    );
    job.queued = !this.#queue.mayStart(moment);
    store.create(job);
    if (job.queued) {
      this.#queue.add(job, moment);
      store.tell(job);
      return job;
    }
    try {
      runner.start(job, launch, this.openLog(job));
    } catch (error) {
      store.drop(job);
      throw error;
    }
    this.#queue.served(owner);
    return job;
  }

  /**
   * The job that the same start has led to before; null when there is none.
   *
   * @throws {WorkerError} `CONFLICT` when another start had the key.
   */
  startedWith(asked: JobSpec, { owner, key }: StartOptions): ManagedJob | null {
    if (key === undefined) return null;
    const known = this.#options.store.startedWith(owner, key);
    if (known === null || isSameStart(asked, known.identity)) return known;
    throw new WorkerError(
      "CONFLICT",
      `cannot start a job: Idempotency-Key "${key}" was given with another one, which became job "${known.id}"`,
    );
  }

  #prepare(spec: JobSpec, id: string): Promise<Launch> {
    cgroupLimits(spec.limits, this.#options.cgroups);
    return prepareLaunch(spec, id);
  }

  #refuse(): void {
    if (this.#closed) throw shuttingDown();
    const problem = this.#problem();
    if (problem === null) return;
    throw new WorkerError(
      "RESOURCE_EXHAUSTED",
      `cannot start a job: ${problem}`,
    );
  }

  /** Why no job may start now; null when one may. */
  #problem(): string | null {
    const { directory, settings, retention } = this.#options;
    return problemOfDisk(directory, settings) ?? retention.problem();
  }

  /**
   * Lets the pending ones of these jobs wait on, in the order they had: by their ids, and owners in
   * turn as they were served before.
   */
  restore(jobs: readonly ManagedJob[]): void {
    const served = jobs.filter(({ startedAt }) => startedAt !== null)
      .sort((a, b) => Date.parse(a.startedAt!) - Date.parse(b.startedAt!));
    for (const { owner } of served) this.#queue.served(owner);
    for (const job of jobs) {
      if (job.state !== "pending") continue;
      const { startAfter } = job.identity;
      job.queued = true;
      this.#queue.add(
        job,
        startAfter === null ? null : momentOf(startAfter, this.#options.clock),
      );
    }
  }

  /** Starts what may start now. */
  startNext(): void {
    this.#queue.startNext();
  }

  async #startQueued(job: ManagedJob): Promise<void> {
    const { runner, store } = this.#options;
    try {
      const launch = await this.#prepare(job.identity, job.id);
      if (job.state !== "pending" || this.#closed) return;
      job.queued = false;
      // Whoever finds this record later must not start the job a second time.
      store.saveNow(job);
      runner.start(job, launch, this.openLog(job));
    } catch (error) {
      if (job.state !== "pending") throw error;
      const detail = (error as Error).message;
      this.#end(job, { type: "start_failed", detail, at: this.#now() });
    }
  }

  /** The log that a pending job will write, for its start and for those who follow it before. */
  openLog(job: ManagedJob): OutputLog {
    const { checksum, overflow, limits } = job.identity;
    return job.queuedLog ??= OutputLog.create(job.outputDirectory, {
      cap: limits.output === null
        ? this.#options.settings.outputCap
        : parseSize(limits.output),
      checksum,
      overflow,
      milestone: () => this.#options.store.save(job),
    });
  }

  /** Ends a pending job that is not to start any more. */
  cancel(job: ManagedJob): void {
    this.#queue.remove(job);
    this.#end(job, { type: "cancelled", at: this.#now() });
  }

  #end(job: ManagedJob, event: LifeEvent): void {
    const log = job.queuedLog;
    job.queuedLog = null;
    job.queued = false;
    job.advance(event);
    this.#options.store.counters.ended(job);
    this.#options.store.changed(job);
    log?.finish();
    log?.changed.notify();
    this.#options.gone();
  }

  #now(): string {
    return timestamp(this.#options.clock);
  }

  /** Starts nothing more; what is pending stays so. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#queue[Symbol.asyncDispose]();
  }
}

/** What is refused, or waited for in vain, while a server ends. */
export function shuttingDown(): WorkerError {
  return new WorkerError("UNAVAILABLE", "the server is shutting down");
}

/** Whether they ask for the same, but for the time of the start, which is told as a moment. */
function isSameStart(asked: JobSpec, known: JobSpec): boolean {
  return Object.entries(asked).every(([name, value]) =>
    name === "startAfter" ||
    JSON.stringify(value) === JSON.stringify(known[name as keyof JobSpec])
  );
}
