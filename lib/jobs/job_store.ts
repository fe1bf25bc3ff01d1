import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { WorkerError } from "../api/errors.ts";
import type { Job } from "../api/job.ts";
import type { JobFilter, WaitOptions } from "../api/job_service.ts";
import { bootId } from "./proc.ts";
import { JobCounters } from "./job_counters.ts";
import { JobFeed } from "./job_feed.ts";
import { createRecord, type JobRecord, writeRecord } from "./job_record.ts";
import type { ManagedJob } from "./managed_job.ts";

const logger = getLogger(["worker", "jobs"]);

/**
 * All jobs, in the order of their creation, and their records on disk. Whoever changes a job calls
 * `changed`: the record is saved before those who watch are told.
 */
export class JobStore {
  readonly #directory: string;
  readonly #bootId = bootId();
  #jobs = new Map<string, ManagedJob>();
  /** Those whose start is repeatable, by {@linkcode startOf}. */
  readonly #byStart = new Map<string, ManagedJob>();
  /** The greatest id so far. */
  #newest = "";
  readonly #unsaved = new Set<ManagedJob>();
  readonly #feed = new JobFeed();
  /** Counts what happens to them. */
  readonly counters = new JobCounters();

  constructor(directory: string) {
    this.#directory = directory;
  }

  [Symbol.iterator](): IterableIterator<ManagedJob> {
    return this.#jobs.values();
  }

  /** Where the files of a job are. */
  directoryOf(id: string): string {
    return join(this.#directory, id);
  }

  /** @throws {WorkerError} `NOT_FOUND` */
  find(id: string): ManagedJob {
    const job = this.#jobs.get(id);
    if (job) return job;
    throw new WorkerError("NOT_FOUND", `there is no job "${id}"`);
  }

  /** The job that the owner started with that key; null when there is none. */
  startedWith(owner: string, key: string): ManagedJob | null {
    return this.#byStart.get(startOf(owner, key)) ?? null;
  }

  has(id: string): boolean {
    return this.#jobs.has(id);
  }

  /** Takes in a job that is on disk already; it may be older than others that are here. */
  restore(job: ManagedJob): void {
    const isNewest = job.id > this.#newest;
    this.#add(job);
    if (isNewest) return;
    const sorted = [...this].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#jobs = new Map(sorted.map((each) => [each.id, each]));
  }

  #add(job: ManagedJob): void {
    this.#jobs.set(job.id, job);
    if (job.startKey !== null) {
      this.#byStart.set(startOf(job.owner, job.startKey), job);
    }
    if (job.id > this.#newest) this.#newest = job.id;
  }

  /** Makes the files of a new job. @throws {WorkerError} `RESOURCE_EXHAUSTED` on a full disk. */
  create(job: ManagedJob): void {
    createRecord(job.directory, this.#record(job));
    this.#add(job);
  }

  /** Saves a job and tells those who watch. */
  changed(job: ManagedJob): void {
    this.save(job);
    this.tell(job);
  }

  /** Tells those who watch. */
  tell(job: ManagedJob): void {
    this.#feed.publish(job.toJob());
  }

  /** Writes the record; one that does not fit the disk is tried again until it does. */
  save(job: ManagedJob): void {
    try {
      this.saveNow(job);
    } catch (error) {
      if (!this.#unsaved.has(job)) {
        logger.error`cannot save job ${job.id}: ${(error as Error).message}`;
      }
      this.#unsaved.add(job);
    }
  }

  /** Writes the record. @throws what the file system says. */
  saveNow(job: ManagedJob): void {
    writeRecord(job.directory, this.#record(job));
    this.#unsaved.delete(job);
  }

  /** Tries the records again that could not be saved. */
  saveUnsaved(): void {
    for (const job of this.#unsaved) this.save(job);
  }

  #record(job: ManagedJob): JobRecord {
    const { queued, live, startTime } = job;
    const process = live && {
      pid: live.process.pid,
      startTime,
      bootId: this.#bootId,
      pipes: live.process.pipes,
      ...live.process.mainEnd && { end: live.process.mainEnd },
    };
    const { startKey, stopReason } = job;
    return {
      version: 1,
      job: job.toJob(),
      process,
      queued,
      ...startKey !== null && { startKey },
      ...stopReason !== null && { stopReason },
    };
  }

  /** Forgets a job and removes its files. */
  drop(job: ManagedJob): void {
    this.#jobs.delete(job.id);
    if (job.startKey !== null) {
      this.#byStart.delete(startOf(job.owner, job.startKey));
    }
    this.#unsaved.delete(job);
    try {
      Deno.removeSync(job.directory, { recursive: true });
    } catch (error) {
      // Somebody else removed it.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  list(filter: JobFilter): Job[] {
    const jobs: Job[] = [];
    for (const job of this) {
      if (jobs.length >= (filter.limit ?? Infinity)) break;
      if (filter.after !== undefined && job.id <= filter.after) continue;
      if (JobFeed.fits(job.identity, job.state, filter)) jobs.push(job.toJob());
    }
    return jobs;
  }

  /** What fits now, then each again at every change, until `signal`. */
  async *watch(filter: JobFilter, { signal }: WaitOptions): AsyncIterable<Job> {
    using subscription = this.#feed.subscribe(filter);
    yield* this.list(filter);
    yield* subscription.jobs(signal);
  }
}

/** Names a start; a key has no space. */
function startOf(owner: string, key: string): string {
  return `${key} ${owner}`;
}
