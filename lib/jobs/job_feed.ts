import type { Job, JobState } from "../api/job.ts";
import type { JobFilter } from "../api/job_service.ts";
import { Notifier } from "./notifier.ts";

/** Changes of jobs, to everyone who watches. */
export class JobFeed {
  readonly #subscriptions = new Set<Subscription>();

  /** True when a job fits a filter; `limit` and `after` are not looked at. */
  static fits(
    job: { owner: string; labels: Record<string, string> },
    state: JobState,
    filter: JobFilter,
  ): boolean {
    return (filter.state === undefined || filter.state.includes(state)) &&
      (filter.owner === undefined || filter.owner === job.owner) &&
      Object.entries(filter.labels ?? {}).every(([key, value]) =>
        job.labels[key] === value
      );
  }

  publish(job: Job): void {
    for (const subscription of this.#subscriptions) subscription.offer(job);
  }

  subscribe(filter: JobFilter): Subscription {
    const subscription = new Subscription(
      filter,
      () => this.#subscriptions.delete(subscription),
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }
}

/** One watcher. What it has not taken yet is kept once per job, so a slow one costs little. */
class Subscription implements Disposable {
  readonly #pending = new Map<string, Job>();
  readonly #arrived = new Notifier();

  constructor(readonly filter: JobFilter, readonly unsubscribe: () => void) {}

  offer(job: Job): void {
    if (!JobFeed.fits(job, job.state, this.filter)) return;
    this.#pending.delete(job.id);
    this.#pending.set(job.id, job);
    this.#arrived.notify();
  }

  /** Jobs as they change, until `signal`. */
  async *jobs(signal: AbortSignal | undefined): AsyncIterable<Job> {
    while (!signal?.aborted) {
      for (const [id, job] of this.#pending) {
        this.#pending.delete(id);
        yield job;
      }
      if (this.#pending.size === 0) {
        await this.#arrived.next(signal ? { signal } : {});
      }
    }
  }

  [Symbol.dispose](): void {
    this.unsubscribe();
  }
}
