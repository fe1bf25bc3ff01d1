import { WorkerError } from "../api/errors.ts";
import type { OutputOptions, OutputSource } from "../api/job_service.ts";
import { delay } from "../client/delay.ts";
import type { LogChange } from "../jobs/log_change.ts";
import { LogView } from "../jobs/log_view.ts";
import { type HostCalls, isLoss } from "./host_calls.ts";
import type { HostLink } from "./host_link.ts";
import { readRecords } from "./read_records.ts";

/** Between the end of one feed and the next, ms: the job host may only just be dying. */
const PAUSE_MS = 20;

/** Options of a {@linkcode JobLog}. */
export interface JobLogOptions {
  id: string;
  /** The folder of the log's files. */
  directory: string;
  calls: HostCalls;
  /** Nobody reads it any more, or it can't be read any more: it is closed. */
  closed(): void;
}

/**
 * The output log of one job for all who read it in this process: one feed of how it grows, which
 * goes on over the death of the job host that wrote it.
 */
export class JobLog {
  readonly #options: JobLogOptions;
  readonly #closing = new AbortController();
  readonly #opened = Promise.withResolvers<LogView>();
  #view: LogView | null = null;
  #opening = 0;
  /** The request that tells the job host how far the readers are, the last one at a time. */
  #telling: Promise<void> = Promise.resolve();
  #untold: number | null = null;

  constructor(options: JobLogOptions) {
    this.#options = options;
    this.#opened.promise.catch(() => {});
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

  #closeUnread(): void {
    if (this.#opening > 0 || this.#view?.slowest !== Infinity) return;
    this.#closing.abort();
    this.#view[Symbol.dispose]();
    this.#options.closed();
  }

  async #feed(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && !this.#view?.final) {
      const reader = crypto.randomUUID();
      const { id, calls } = this.#options;
      const { link, changes } = await calls.callFor(
        id,
        async (link) => ({ link, changes: await this.#open(link, reader) }),
        { signal },
      );
      try {
        for await (const change of changes) this.#take(change, link, reader);
      } catch (error) {
        if (signal.aborted || !isLoss(error)) throw error;
      }
      if (!this.#view?.final) await delay(PAUSE_MS, signal);
    }
  }

  async #open(
    link: HostLink,
    reader: string,
  ): Promise<AsyncIterable<LogChange>> {
    const { id } = this.#options;
    const path = `/v1/jobs/${encodeURIComponent(id)}/log?reader=${reader}`;
    const { signal } = this.#closing;
    const response = await link.get(path, { signal });
    return readRecords<LogChange>(response.body, signal);
  }

  #take(change: LogChange, link: HostLink, reader: string): void {
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
