import type { Clock } from "../clock.ts";
import { FairQueue } from "./fair_queue.ts";
import type { ManagedJob } from "./managed_job.ts";
import { type Moment, StartSchedule, untilMoment } from "./start_schedule.ts";

/** How a {@linkcode JobQueue} sees the rest. */
export interface JobQueueOptions {
  clock: Clock;
  /** How many more jobs may start now, besides those that `start` was called for. */
  free: () => number;
  /** Starts a job, or makes it final when it can't be started. Never rejects. */
  start: (job: ManagedJob) => Promise<void>;
  /** Called when a start is over, whatever became of it. */
  started: () => void;
}

/**
 * Pending jobs: some wait for their time, then all for their turn ({@linkcode FairQueue}). A job
 * whose start is under way takes a place of those that run.
 */
export class JobQueue implements AsyncDisposable {
  readonly #options: JobQueueOptions;
  readonly #turns = new FairQueue<ManagedJob>();
  readonly #schedule: StartSchedule<ManagedJob>;
  readonly #starting = new Map<ManagedJob, Promise<void>>();
  #closed = false;

  constructor(options: JobQueueOptions) {
    this.#options = options;
    this.#schedule = new StartSchedule(options.clock, (job) => {
      this.#turns.add(job);
      this.startNext();
    });
  }

  /** How many jobs are pending. */
  get size(): number {
    return this.#turns.size + this.#schedule.size + this.#starting.size;
  }

  /** True when a job need not wait, neither for its moment nor for its turn. */
  mayStart(moment: Moment | null): boolean {
    return this.#free > 0 &&
      (moment === null || untilMoment(moment, this.#options.clock) <= 0);
  }

  /** Notes that a job of this owner started without waiting: the others' turn comes first then. */
  served(owner: string): void {
    this.#turns.served(owner);
  }

  /** Lets a job wait, for its moment if it has one, then for its turn; `startNext` gives it one. */
  add(job: ManagedJob, moment: Moment | null): void {
    if (moment) this.#schedule.add(job, moment);
    else this.#turns.add(job);
  }

  /** Takes a job out; what `start` was called for goes its way. */
  remove(job: ManagedJob): void {
    this.#schedule.remove(job);
    this.#turns.remove(job);
  }

  /** Starts jobs while there are places. */
  startNext(): void {
    while (!this.#closed && this.#turns.size > 0 && this.#free > 0) {
      const job = this.#turns.take();
      if (job === undefined) return;
      const started = this.#options.start(job).finally(() => {
        this.#starting.delete(job);
        this.startNext();
        this.#options.started();
      });
      this.#starting.set(job, started);
    }
  }

  get #free(): number {
    return this.#options.free() - this.#starting.size;
  }

  /** Starts nothing more; resolves when no start is under way. What waits stays pending. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#schedule[Symbol.dispose]();
    await Promise.all(this.#starting.values());
  }
}
