import { WorkerError } from "../api/errors.ts";
import type { OutputOptions, OutputSource } from "../api/job_service.ts";
import { delay } from "../client/delay.ts";
import type { LogChange } from "../jobs/log_change.ts";
import { LogView } from "../jobs/log_view.ts";
import { type HostCalls, isLoss } from "./host_calls.ts";
import type { HostLink } from "./host_link.ts";

/** Between the end of one feed and the next, ms: the job host may only just be dying. */
const PAUSE_MS = 20;

/** A feed that nobody reads may be left alone for this long, ms. */
const UNREAD_MS = 5_000;

/** What a job host tells of a log, and to whom. */
export interface LogFeed extends FeedName {
  link: HostLink;
  changes: AsyncIterable<LogChange>;
}

interface FeedName {
  /** The name by which the reader tells how far it is. */
  reader: string;
  closing: AbortController;
  /** That of `closing`. */
  signal: AbortSignal;
}

/** Names a feed that is about to be asked for. */
export function newFeed(): FeedName {
  const closing = new AbortController();
  return { reader: crypto.randomUUID(), closing, signal: closing.signal };
}

/** Options of a {@linkcode JobLog}. */
export interface JobLogOptions {
  id: string;
  /** The folder of the log's files. */
  directory: string;
  calls: HostCalls;
  /** The first feed, when there is one already. */
  feed?: LogFeed;
  /** Nobody reads it any more, or it can't be read any more: it is closed. */
  closed(): void;
}

/**
 * The output log of one job for all who read it in this process: one feed of how it grows, which
 * goes on over the death of the job host that wrote it.
 */
export class JobLog {
  readonly #options: JobLogOptions;
  readonly #closing: AbortController;
  readonly #opened = Promise.withResolvers<LogView>();
  #view: LogView | null = null;
  #opening = 0;
  /** The request that tells the job host how far the readers are, the last one at a time. */
  #telling: Promise<void> = Promise.resolve();
  #untold: number | null = null;

  constructor(options: JobLogOptions) {
    this.#options = options;
    this.#closing = options.feed?.closing ?? new AbortController();
    this.#opened.promise.catch(() => {});
    if (options.feed) this.#closeUnreadAfter(UNREAD_MS);
    this.#feed().catch((error) => this.fail(error));
  }

  /** Opens the output for one reader. @throws {WorkerError} `NOT_FOUND` */
  async source(options: OutputOptions): Promise<OutputSource> {
    this.#opening++;
    try {
      return (await this.#opened.promise).source(options);
    } finally {
      this.#opening--;
      this.#closeUnread();
    }
  }

  /** Ends all readers with an error. */
  fail(error: Error): void {
    this.#closing.abort(error);
    this.#opened.reject(error);
    this.#view?.fail(error);
    this.#options.closed();
  }

  /** Whoever started the job may be gone before it asks for the output. */
  #closeUnreadAfter(ms: number): void {
    const { signal } = this.#closing;
    if (signal.aborted) return;
    const timer = setTimeout(() => this.#closeUnread(), ms);
    signal.addEventListener("abort", () => clearTimeout(timer));
  }

  #closeUnread(): void {
    if (this.#opening > 0 || this.#view?.slowest !== Infinity) return;
    this.#closing.abort();
    this.#view[Symbol.dispose]();
    this.#options.closed();
  }

  async #feed(): Promise<void> {
    const { signal } = this.#closing;
    let feed = this.#options.feed ?? await this.#open();
    while (true) {
      try {
        for await (const change of feed.changes) this.#take(change, feed);
      } catch (error) {
        if (signal.aborted || !isLoss(error)) throw error;
      }
      if (signal.aborted || this.#view?.final) return;
      await delay(PAUSE_MS, signal);
      feed = await this.#open();
    }
  }

  #open(): Promise<LogFeed> {
    const { id, calls } = this.#options;
    const closing = this.#closing;
    const { signal } = closing;
    const reader = crypto.randomUUID();
    return calls.callFor(id, async (link) => {
      const changes = await link.log(id, { reader, signal });
      return { closing, signal, reader, link, changes };
    }, { signal });
  }

  #take(change: LogChange, { link, reader }: LogFeed): void {
    this.#progressed = (offset) => this.#tell(link, { reader, offset });
    if (this.#view !== null) return this.#view.apply(change);
    if (change.type !== "snapshot") {
      throw new WorkerError(
        "INTERNAL",
        `the feed of the log of job "${this.#options.id}" does not begin with a snapshot`,
      );
    }
    this.#view = new LogView(this.#options.directory, change, {
      progressed: (offset) => this.#progressed(offset),
      idle: () => this.#closeUnread(),
    });
    this.#opened.resolve(this.#view);
  }

  #progressed: (offset: number) => void = () => {};

  #tell(
    link: HostLink,
    { reader, offset }: { reader: string; offset: number },
  ): void {
    const waiting = this.#untold !== null;
    this.#untold = offset;
    if (waiting) return;
    this.#telling = this.#telling.then(async () => {
      const untold = this.#untold!;
      this.#untold = null;
      await link.tellProgress(this.#options.id, {
        reader,
        offset: untold === Infinity ? null : untold,
      });
      // Who does not answer is being replaced, and its successor is told anew.
    }).catch(() => {});
  }
}
