import type { EndRecord } from "../api/frame.ts";
import type { JobOutput } from "./output_source.ts";
import type { ReadableLog } from "./readable_log.ts";

/** A file of a log: the logical offset that names it, and its bytes that hold whole frames. */
export type SegmentSize = [firstOffset: number, fileBytes: number];

/** All there is of a log. The first change of a watch. */
export interface LogSnapshot {
  type: "snapshot";
  /** One past the last byte, kept or not. */
  end: number;
  /** In order. */
  segments: SegmentSize[];
  /** True when the writer waits for readers and wants to know how far they are. */
  waits: boolean;
  /** Set when the job is final: no change follows. */
  final: EndRecord | null;
}

/** How a log has changed since the change before. */
export interface LogDelta {
  type: "delta";
  end: number;
  /** Those that are new or have grown, in order. */
  segments: SegmentSize[];
  /** First offsets of those that are gone. */
  removed: number[];
  final: EndRecord | null;
}

/**
 * How a log grows, for one who reads its files in another process. JSON holds it as it is. Whatever
 * it names is in the files already.
 */
export type LogChange = LogSnapshot | LogDelta;

/**
 * Tells how a log changes: a snapshot, then what is new since the change before, until the job is
 * final or `signal` is aborted. Changes are made when they are asked for, one a turn of the event
 * loop at most, so one who takes them slowly gets fewer and costs no memory.
 */
export async function* watchLog(
  job: JobOutput,
  { signal }: { signal: AbortSignal },
): AsyncIterable<LogChange> {
  const told = new ToldLog(job.log);
  let final = job.end();
  yield told.snapshot(final);
  while (final === null) {
    if (told.isCurrent) await job.log.changed.next({ signal });
    await nextTurn();
    if (signal.aborted) return;
    final = job.end();
    if (final !== null || !told.isCurrent) yield told.delta(final);
  }
}

/** A log as the other side knows it. */
class ToldLog {
  readonly #log: ReadableLog;
  #end = 0;
  /** Sizes by first offset, in order. */
  readonly #sizes = new Map<number, number>();

  constructor(log: ReadableLog) {
    this.#log = log;
  }

  /** True when there is nothing to tell. Nothing happens to a log but by output. */
  get isCurrent(): boolean {
    return this.#end === this.#log.end;
  }

  snapshot(final: EndRecord | null): LogSnapshot {
    const { end, segments, waits } = this.#log;
    this.#end = end;
    const sizes = segments.map(({ firstOffset, fileBytes }): SegmentSize => {
      this.#sizes.set(firstOffset, fileBytes);
      return [firstOffset, fileBytes];
    });
    return { type: "snapshot", end, segments: sizes, waits, final };
  }

  delta(final: EndRecord | null): LogDelta {
    const { end } = this.#log;
    this.#end = end;
    const segments = this.#grown();
    return { type: "delta", end, segments, removed: this.#removed(), final };
  }

  /** Only the last that was told can have grown; those behind it are new. */
  #grown(): SegmentSize[] {
    const { segments } = this.#log;
    const grown: SegmentSize[] = [];
    for (let index = segments.length - 1; index >= 0; index--) {
      const { firstOffset, fileBytes } = segments[index]!;
      const told = this.#sizes.get(firstOffset);
      if (told !== fileBytes) grown.unshift([firstOffset, fileBytes]);
      if (told !== undefined) break;
    }
    for (const [firstOffset, size] of grown) this.#sizes.set(firstOffset, size);
    return grown;
  }

  #removed(): number[] {
    const { segments } = this.#log;
    if (this.#sizes.size === segments.length) return [];
    const kept = new Set(segments.map(({ firstOffset }) => firstOffset));
    const removed = [...this.#sizes.keys()].filter((each) => !kept.has(each));
    for (const firstOffset of removed) this.#sizes.delete(firstOffset);
    return removed;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
