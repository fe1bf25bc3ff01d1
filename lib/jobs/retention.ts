import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { inWords } from "./disk_budget.ts";
import type { JobStore } from "./job_store.ts";
import type { JobSettings } from "./job_supervisor_options.ts";
import type { ManagedJob } from "./managed_job.ts";

const logger = getLogger(["worker", "jobs"]);

/**
 * How long jobs and their output are kept: a final job for `maxAge`, and the output of all jobs
 * within `outputTotal` bytes. Over it the outputs of final jobs go, of the one that ended first
 * before the others; their records stay. What runs keeps its output, within its own cap.
 *
 * The bytes of running jobs are counted when `enforce` is called, so between two calls the total may
 * be exceeded by what they print meanwhile.
 */
export class Retention {
  readonly #store: JobStore;
  readonly #settings: Readonly<JobSettings>;
  readonly #clock: Clock;
  /** Bytes of each running job when it was counted last. */
  readonly #counted = new Map<ManagedJob, number>();
  #finalBytes = 0;
  #liveBytes = 0;

  constructor(
    store: JobStore,
    options: { settings: Readonly<JobSettings>; clock: Clock },
  ) {
    this.#store = store;
    this.#settings = options.settings;
    this.#clock = options.clock;
  }

  /** Looks at every job: removes what is too old, and output that is too much. */
  enforce(): void {
    this.#finalBytes = 0;
    this.#liveBytes = 0;
    for (const job of this.#store) {
      if (this.#isTooOld(job)) this.#attempt(() => this.#store.drop(job));
      else if (job.isFinal) this.#finalBytes += job.storedBytes;
      else this.#count(job);
    }
    this.#dropOutputs();
  }

  #count(job: ManagedJob): void {
    const { storedBytes } = job;
    this.#counted.set(job, storedBytes);
    this.#liveBytes += storedBytes;
  }

  /** Counts a job that has just become final. */
  ended(job: ManagedJob): void {
    this.#liveBytes -= this.#counted.get(job) ?? 0;
    this.#counted.delete(job);
    this.#finalBytes += job.storedBytes;
    this.#dropOutputs();
  }

  /** Removes a final job with all its files. */
  remove(job: ManagedJob): void {
    const { storedBytes } = job;
    this.#store.drop(job);
    this.#finalBytes -= storedBytes;
  }

  /** Why there is no room for the output of another job; null when there is. */
  problem(): string | null {
    const { outputTotal } = this.#settings;
    if (this.#liveBytes < outputTotal) return null;
    return `the output of running jobs takes ${
      inWords(this.#liveBytes)
    }, and all jobs may have ${
      inWords(outputTotal)
    }: wait for one to end, stop one, or raise the total`;
  }

  /** A file that can't be removed is found again after the next start, and must end nothing. */
  #attempt(remove: () => void): void {
    try {
      remove();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      logger.error`cannot give disk space back: ${(error as Error).message}`;
    }
  }

  #isTooOld({ endedAt }: ManagedJob): boolean {
    return endedAt !== null &&
      this.#clock.now() - Date.parse(endedAt) >= this.#settings.maxAge;
  }

  #dropOutputs(): void {
    const { outputTotal } = this.#settings;
    let excess = this.#finalBytes + this.#liveBytes - outputTotal;
    if (excess <= 0 || this.#finalBytes === 0) return;
    const oldestFirst = [...this.#store]
      .filter((job) => job.isFinal && job.storedBytes > 0)
      .sort((a, b) => Date.parse(a.endedAt!) - Date.parse(b.endedAt!));
    for (const job of oldestFirst) {
      if (excess <= 0) return;
      const { storedBytes } = job;
      this.#attempt(() => job.dropOutput());
      this.#store.save(job);
      this.#finalBytes -= storedBytes;
      excess -= storedBytes;
      logger
        .info`removed the output of job ${job.id}: all outputs together may have ${
        inWords(outputTotal)
      }`;
    }
  }
}
