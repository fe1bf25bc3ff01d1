import { encodeControl, FRAME_HEADER_BYTES } from "../api/frame.ts";
import type { ReadableLog } from "./readable_log.ts";
import type { Segment } from "./segment.ts";
import {
  cutFrame,
  MAX_STORED_FRAME_BYTES,
  walkFrames,
} from "./stored_frame.ts";

/** What a cursor tells its log. */
export interface CursorEvents {
  moved(): void;
  closed(): void;
}

/**
 * One reader's place in an output log. It gives whole frames as they are stored, a `position`
 * control frame first, and a `gap` control frame wherever bytes are missing.
 */
export class OutputCursor implements Disposable {
  /** Logical offset of the next byte it will give. */
  offset: number;

  readonly #log: ReadableLog;
  readonly #events: CursorEvents;
  /** Control frames, and a frame that was cut to begin in its middle. */
  #pending: Uint8Array[] = [];
  #segment: Segment | null = null;
  #position = 0;
  /** A segment that had no further frame for this reader when it held so many bytes. */
  #exhausted: { segment: Segment; fileBytes: number } | null = null;
  #closed = false;

  constructor(log: ReadableLog, from: number, events: CursorEvents) {
    this.#log = log;
    this.#events = events;
    this.offset = Math.min(from, log.end);
    this.#pending.push(
      encodeControl({ type: "position", offset: this.offset }),
    );
  }

  /** True when it gives nothing any more, wherever it stands. */
  get closed(): boolean {
    return this.#closed;
  }

  /** True when a control frame waits to be read. */
  get hasPending(): boolean {
    return !this.#closed && this.#pending.length > 0;
  }

  /** True when `read` would give something. */
  get hasData(): boolean {
    return !this.#closed &&
      (this.#pending.length > 0 || this.offset < this.#log.end);
  }

  /**
   * Copies whole frames into `into`, which must hold {@linkcode MAX_STORED_FRAME_BYTES}.
   *
   * @returns the count; 0 when there is nothing now.
   */
  read(into: Uint8Array): number {
    if (into.length < MAX_STORED_FRAME_BYTES) {
      throw new RangeError(
        `the buffer must hold ${MAX_STORED_FRAME_BYTES} bytes`,
      );
    }
    if (this.#closed) return 0;
    while (true) {
      const pending = this.#takePending(into);
      if (pending > 0) return pending;
      if (this.offset >= this.#log.end) return 0;
      if (!this.#enterSegment()) continue;
      const count = this.#readFrames(into);
      if (count > 0) return count;
      this.#exhaustSegment();
    }
  }

  #takePending(into: Uint8Array): number {
    let count = 0;
    while (
      this.#pending.length > 0 &&
      count + this.#pending[0]!.length <= into.length
    ) {
      const frame = this.#pending.shift()!;
      into.set(frame, count);
      count += frame.length;
    }
    return count;
  }

  /** Stands in a segment that has the byte at `offset`; false when a gap had to be told first. */
  #enterSegment(): boolean {
    if (this.#segment && !this.#segment.removed) return true;
    this.#leaveSegment();
    const { segments, end } = this.#log;
    let index = segments.findLastIndex(({ firstOffset }) =>
      firstOffset <= this.offset
    );
    if (this.#seek(segments[index])) return true;
    const from = this.offset;
    do {
      this.offset = segments[++index]?.firstOffset ?? end;
    } while (this.offset < end && !this.#seek(segments[index]));
    this.#pending.push(encodeControl({ type: "gap", from, to: this.offset }));
    this.#events.moved();
    return false;
  }

  /** Finds the frame with the byte at `offset`; false when there is none in the segment. */
  #seek(segment: Segment | undefined): boolean {
    if (segment === undefined || this.#isExhausted(segment)) return false;
    if (!segment.acquire()) return false;
    this.#segment = segment;
    this.#position = 0;
    let offset = segment.firstOffset;
    const block = new Uint8Array(
      offset === this.offset ? 0 : 4 * MAX_STORED_FRAME_BYTES,
    );
    while (offset < this.offset) {
      const count = segment.read(block, this.#position);
      const walked = walkFrames(
        block.subarray(0, count),
        ({ at, payloadBytes }) => {
          if (offset + payloadBytes > this.offset) {
            if (offset < this.offset) {
              const cut = this.offset - offset;
              this.#pending.push(
                cutFrame(block.subarray(at), { payloadBytes, cut }),
              );
              this.#position += at + FRAME_HEADER_BYTES + payloadBytes;
              this.offset = offset + payloadBytes;
            }
            return false;
          }
          offset += payloadBytes;
          return true;
        },
      );
      if (this.#pending.length > 0) return true;
      if (walked === 0) break;
      this.#position += walked;
    }
    if (this.#position < segment.fileBytes && offset === this.offset) {
      return true;
    }
    this.#leaveSegment();
    return false;
  }

  #readFrames(into: Uint8Array): number {
    if (this.#pending.length > 0) {
      this.#events.moved();
      return this.#takePending(into);
    }
    const count = this.#segment!.read(into, this.#position);
    let moved = 0;
    const walked = walkFrames(into.subarray(0, count), ({ payloadBytes }) => {
      moved += payloadBytes;
    });
    this.#position += walked;
    this.offset += moved;
    if (walked > 0) this.#events.moved();
    return walked;
  }

  #exhaustSegment(): void {
    const segment = this.#segment;
    if (segment) this.#exhausted = { segment, fileBytes: segment.fileBytes };
    this.#leaveSegment();
  }

  #isExhausted(segment: Segment): boolean {
    return this.#exhausted?.segment === segment &&
      this.#exhausted.fileBytes === segment.fileBytes;
  }

  #leaveSegment(): void {
    this.#segment?.release();
    this.#segment = null;
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leaveSegment();
    this.#events.closed();
  }
}
