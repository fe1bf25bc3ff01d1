import type { EndRecord } from "../api/frame.ts";
import type { OutputOptions, OutputSource } from "../api/job_service.ts";
import type { LogChange, LogSnapshot, SegmentSize } from "./log_change.ts";
import { LogReaders } from "./log_readers.ts";
import { Notifier } from "./notifier.ts";
import { openOutput } from "./open_output.ts";
import { OutputCursor } from "./output_cursor.ts";
import type { ReadableLog } from "./readable_log.ts";
import { Segment } from "./segment.ts";

/** What a view tells its owner. */
export interface LogViewOptions {
  /**
   * The slowest reader is at `offset` now, Infinity when nobody reads: the writer should know, see
   * `LogFollower.progress`. Called only where it makes a difference to a log whose writer waits.
   */
  progressed?(offset: number): void;
  /** The last reader has gone. */
  idle?(): void;
}

/**
 * The output log of a job that another process writes: its files, read here, and how they grow, as
 * that process tells it (`watchLog`).
 *
 * Bytes come from the disk alone. A file that was removed under a reader is a gap, as in the log
 * itself. Dispose it to end all of its readers.
 */
export class LogView implements ReadableLog, Disposable {
  readonly changed = new Notifier();

  readonly #directory: string;
  readonly #options: LogViewOptions;
  readonly #cursors = new LogReaders<OutputCursor>();
  #segments: Segment[] = [];
  #end = 0;
  #waits = false;
  #final: EndRecord | null = null;
  #failure: Error | null = null;
  #closed = false;
  /** What `progressed` was told last. */
  #reported = Infinity;
  /** Where the segment behind the slowest reader's begins. */
  #nextReport = Infinity;

  /** @param directory Where the log's files are. */
  constructor(
    directory: string,
    snapshot: LogSnapshot,
    options: LogViewOptions = {},
  ) {
    this.#directory = directory;
    this.#options = options;
    this.restart(snapshot);
  }

  get start(): number {
    return this.#segments[0]?.firstOffset ?? this.#end;
  }

  get end(): number {
    return this.#end;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get waits(): boolean {
    return this.#waits;
  }

  /** The record that ends every source; null while the job is not final. */
  get final(): EndRecord | null {
    return this.#final;
  }

  /** Offset of the slowest reader; Infinity when nobody reads. */
  get slowest(): number {
    return this.#cursors.slowest;
  }

  /** Takes what a watch of the log has told. */
  apply(change: LogChange): void {
    if (change.type === "snapshot") return this.restart(change);
    for (const firstOffset of change.removed) this.#forget(firstOffset);
    for (const size of change.segments) this.#grow(size);
    this.#become(change);
  }

  /** Begins anew with what another watch tells first; readers go on where they are. */
  restart(snapshot: LogSnapshot): void {
    const known = new Map(
      this.#segments.map((each) => [each.firstOffset, each]),
    );
    this.#segments = snapshot.segments.map(([firstOffset, fileBytes]) => {
      const segment = known.get(firstOffset) ??
        new Segment(this.#directory, firstOffset);
      known.delete(firstOffset);
      segment.fileBytes = fileBytes;
      return segment;
    });
    for (const segment of known.values()) segment.forget();
    this.#waits = snapshot.waits;
    this.#reported = Infinity;
    this.#become(snapshot);
  }

  #forget(firstOffset: number): void {
    const index = this.#segments.findIndex((each) =>
      each.firstOffset === firstOffset
    );
    if (index >= 0) this.#segments.splice(index, 1)[0]!.forget();
  }

  #grow([firstOffset, fileBytes]: SegmentSize): void {
    const last = this.#segments.at(-1);
    if (last?.firstOffset === firstOffset) last.fileBytes = fileBytes;
    else {
      this.#segments.push(new Segment(this.#directory, firstOffset, fileBytes));
    }
  }

  #become({ end, final }: LogChange): void {
    this.#end = end;
    this.#final = final;
    this.#report();
    this.changed.notify();
  }

  /** Nothing more will be known: readers get what there is, then `error`. */
  fail(error: Error): void {
    this.#failure = error;
    this.changed.notify();
  }

  /** The output as `JobService.output` gives it. */
  source(options: OutputOptions): OutputSource {
    return openOutput({ log: this, end: () => this.#endRecord() }, options);
  }

  #endRecord(): EndRecord | null {
    if (this.#final === null && this.#failure) throw this.#failure;
    return this.#final;
  }

  cursor(from: number): OutputCursor {
    if (this.#closed) {
      throw new Error(`cannot read "${this.#directory}": the view is closed`);
    }
    const cursor = new OutputCursor(this, from, {
      moved: () => {
        if (cursor.offset >= this.#nextReport) this.#report();
      },
      closed: () => {
        this.#cursors.delete(cursor);
        this.#report();
        if (this.slowest === Infinity) this.#options.idle?.();
      },
    });
    this.#cursors.add(cursor);
    this.#report();
    return cursor;
  }

  /**
   * The writer removes whole segments, so it matters only when the slowest reader has come into
   * another, when one begins before it, and when the last has gone.
   */
  #report(): void {
    if (!this.#waits) return;
    const { slowest } = this;
    const segment = this.#segments.findLast(({ firstOffset }) =>
      firstOffset <= slowest
    );
    const entered = segment !== undefined &&
      segment.firstOffset > this.#reported;
    const left = slowest === Infinity && this.#reported < Infinity;
    if (slowest < this.#reported || entered || left) {
      this.#reported = slowest;
      this.#options.progressed?.(slowest);
    }
    this.#nextReport =
      this.#segments.find(({ firstOffset }) => firstOffset > slowest)
        ?.firstOffset ?? Infinity;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const cursor of this.#cursors) cursor[Symbol.dispose]();
    this.changed.notify();
  }
}
