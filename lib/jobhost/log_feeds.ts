import type { LogChange } from "../jobs/log_change.ts";
import type { LogFollower } from "../jobs/output_log.ts";
import type { HostExchange } from "./host_exchange.ts";

/** What feeds of logs need of a job supervisor. */
export interface LogSource {
  log(id: string, options: { signal: AbortSignal }): AsyncIterable<LogChange>;
  follower(id: string): LogFollower | null;
}

/** Which log a feed is of, and for whom. */
export interface FeedOptions {
  id: string;
  /** The name that the reader gave itself, to tell by it how far it is. */
  reader: string;
  /** A record that goes before. */
  first?: unknown;
}

/** Tells daemons how logs grow, and logs how far those have read. */
export class LogFeeds {
  readonly #jobs: LogSource;
  readonly #followers = new Map<string, LogFollower>();

  constructor(jobs: LogSource) {
    this.#jobs = jobs;
  }

  /** Answers with the changes of a log until the job is final. @throws {WorkerError} `NOT_FOUND` */
  async send(exchange: HostExchange, options: FeedOptions): Promise<void> {
    const { id, reader, first } = options;
    const changes = this.#jobs.log(id, { signal: exchange.closed });
    using follower = this.#jobs.follower(id);
    if (follower !== null) this.#followers.set(reader, follower);
    try {
      await exchange.stream(
        first === undefined ? changes : prefixed(first, changes),
      );
    } finally {
      this.#followers.delete(reader);
    }
  }

  /** A reader will read at `offset` next; Infinity when it does not read now. */
  progress(reader: string, offset: number): void {
    this.#followers.get(reader)?.progress(offset);
  }
}

async function* prefixed(
  first: unknown,
  rest: AsyncIterable<unknown>,
): AsyncIterable<unknown> {
  yield first;
  yield* rest;
}
