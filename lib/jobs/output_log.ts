import { createHash, type Hash } from "node:crypto";
import {
  FRAME_HEADER_BYTES,
  type OutputStream,
  STREAM_ID,
  writeFrameHeader,
} from "../api/frame.ts";
import type { StreamBytes, StreamDigests } from "../api/job.ts";
import { type LogReader, LogReaders } from "./log_readers.ts";
import { Notifier } from "./notifier.ts";
import { OutputCursor } from "./output_cursor.ts";
import type { ReadableLog } from "./readable_log.ts";
import { listSegments, type Segment } from "./segment.ts";
import { planSegments, type SegmentPlan } from "./segment_plan.ts";
import { SegmentWriter } from "./segment_writer.ts";
import { MAX_STORED_FRAME_BYTES, walkFrames } from "./stored_frame.ts";

export {
  MAX_STORED_FRAME_BYTES,
  MAX_STORED_PAYLOAD_BYTES,
} from "./stored_frame.ts";

export interface OutputLogOptions {
  /** Bytes on disk, headers included. */
  cap: number;
  /** Compute SHA-256 of each stream. */
  checksum: boolean;
  /** See `JobSpec.overflow`. */
  overflow: "drop" | "wait";
}

/** A follower in another process, as the writer of the log knows it. */
export interface LogFollower extends Disposable {
  /**
   * It has read everything before `offset`; Infinity says that nobody reads there now. It begins as
   * one that may begin to read in a moment.
   */
  progress(offset: number): void;
}

/**
 * The output of one job: frames appended to segment files, followed by any number of cursors.
 *
 * Spool first, fan out second: `append` returns when the bytes are in the file, and cursors read
 * the file, so a reader costs the writer nothing. Within the cap the head and the tail are kept;
 * segments between them are removed, oldest first, which leaves a gap in the logical offsets. Bytes
 * that a full disk refused leave a gap too.
 */
export class OutputLog implements ReadableLog, Disposable {
  /** Fires on every append and at the job's end. */
  readonly changed = new Notifier();
  /** Bytes of each stream so far, kept or not. */
  readonly bytes: StreamBytes;

  readonly #plan: SegmentPlan;
  readonly #writer: SegmentWriter;
  readonly #digests: Record<OutputStream, Hash> | null;
  readonly #cursors = new Set<OutputCursor>();
  readonly #readers = new LogReaders<LogReader>();
  readonly #progress = new Notifier();
  #end = 0;
  #waits: boolean;

  private constructor(
    directory: string,
    options: OutputLogOptions & { bytes?: StreamBytes; segments?: Segment[] },
  ) {
    this.#plan = planSegments(options.cap);
    this.#writer = new SegmentWriter(directory, {
      plan: this.#plan,
      segments: options.segments ?? [],
    });
    this.#waits = options.overflow === "wait";
    this.#digests = options.checksum
      ? { stdout: createHash("sha256"), stderr: createHash("sha256") }
      : null;
    this.bytes = { ...options.bytes ?? { stdout: 0, stderr: 0 } };
  }

  /** An empty log whose files will be in `directory`, which is created with its first byte. */
  static create(directory: string, options: OutputLogOptions): OutputLog {
    return new OutputLog(directory, options);
  }

  /**
   * Opens what an earlier process wrote, for reading. A last frame that is torn, because the writer
   * died in the middle of it, is cut off.
   *
   * @param bytes Bytes of each stream, where they are on record; otherwise those that are kept are
   *   counted, which reads the whole log.
   */
  static recover(directory: string, bytes?: StreamBytes): OutputLog {
    const segments = listSegments(directory);
    const log = new OutputLog(directory, {
      cap: Infinity,
      checksum: false,
      overflow: "drop",
      segments,
      ...(bytes && { bytes }),
    });
    for (const segment of segments) {
      const isLast = segment === segments.at(-1);
      if (isLast || bytes === undefined) {
        log.#measure(segment, { count: bytes === undefined });
      }
    }
    // The last bytes may be missing, on a disk that was full then: that is a gap as any other.
    log.#end = Math.max(log.#end, log.bytes.stdout + log.bytes.stderr);
    return log;
  }

  /** Walks a segment that another process wrote, to the end of its last whole frame. */
  #measure(segment: Segment, { count }: { count: boolean }): void {
    this.#end = segment.firstOffset;
    segment.fileBytes = walkFrames(
      segment.readAll(),
      ({ stream, payloadBytes }) => {
        this.#end += payloadBytes;
        if (count) {
          this.bytes[stream === STREAM_ID.stdout ? "stdout" : "stderr"] +=
            payloadBytes;
        }
      },
    );
  }

  /** Logical offset of the first byte that is kept. */
  get start(): number {
    return this.segments[0]?.firstOffset ?? this.#end;
  }

  /** One past the last byte. */
  get end(): number {
    return this.#end;
  }

  /** Bytes of all segment files. */
  get fileBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.fileBytes, 0);
  }

  get segments(): readonly Segment[] {
    return this.#writer.segments;
  }

  /** True while output waits for readers instead of removing what they have not read. */
  get waits(): boolean {
    return this.#waits;
  }

  /**
   * Appends the payload that stands behind {@linkcode FRAME_HEADER_BYTES} free bytes in `frame`:
   * the header is written into that room, so nothing is copied.
   */
  append(stream: OutputStream, frame: Uint8Array): void {
    const limit = this.#plan.maxPayload;
    let rest = frame;
    while (rest.length - FRAME_HEADER_BYTES > limit) {
      const piece = rest.slice(0, FRAME_HEADER_BYTES + limit);
      this.#appendOne(stream, piece);
      rest = rest.subarray(limit);
    }
    this.#appendOne(stream, rest);
    this.changed.notify();
  }

  #appendOne(stream: OutputStream, frame: Uint8Array): void {
    const length = frame.length - FRAME_HEADER_BYTES;
    writeFrameHeader(frame, {
      length,
      stream: STREAM_ID[stream],
      timeUs: Math.round((performance.timeOrigin + performance.now()) * 1000),
    });
    this.#digests?.[stream].update(frame.subarray(FRAME_HEADER_BYTES));
    this.bytes[stream] += length;
    this.#writer.write(frame, this.#end);
    this.#end += length;
  }

  /**
   * Resolves when another read's worth of output may be appended. Only a log with
   * `overflow: "wait"` ever waits: while the cap is reached and a follower has not yet read what
   * would be removed for it.
   */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#waits && !signal.aborted && this.#wouldRemoveUnread()) {
      await this.#progress.next({ signal, timeoutMs: 1_000 });
    }
  }

  #wouldRemoveUnread(): boolean {
    const end = this.#writer.removableEnd;
    return end !== null && this.#readers.need(end);
  }

  /**
   * The job has ended: takes what is left in its pipes without waiting for anybody, and without
   * removing for it what a follower has not read.
   */
  stopWaiting(): void {
    if (!this.#waits) return;
    this.#waits = false;
    this.#writer.slack = 2 * MAX_STORED_FRAME_BYTES;
    this.#progress.notify();
  }

  cursor(from: number): OutputCursor {
    const cursor = new OutputCursor(this, from, {
      moved: () => this.#progress.notify(),
      closed: () => {
        this.#cursors.delete(cursor);
        this.#readers.delete(cursor);
        this.#progress.notify();
      },
    });
    this.#cursors.add(cursor);
    this.#readers.add(cursor);
    return cursor;
  }

  /** A follower that reads the files in another process, and tells how far it is. */
  follower(): LogFollower {
    const reader = { offset: Infinity };
    this.#readers.add(reader);
    this.#readers.left();
    return {
      progress: (offset) => {
        if (offset === Infinity && reader.offset < Infinity) {
          this.#readers.left();
        }
        reader.offset = offset;
        this.#progress.notify();
      },
      [Symbol.dispose]: () => {
        this.#readers.delete(reader);
        this.#progress.notify();
      },
    };
  }

  /**
   * Ends the log: no byte comes any more. The caller notifies `changed` once the job is final too.
   *
   * @returns the digests, null where they were not asked for.
   */
  finish(): StreamDigests {
    this.#writer.close();
    return {
      stdout: this.#digests?.stdout.digest("hex") ?? null,
      stderr: this.#digests?.stderr.digest("hex") ?? null,
    };
  }

  [Symbol.dispose](): void {
    this.#writer.close();
    for (const cursor of this.#cursors) cursor[Symbol.dispose]();
    this.changed.notify();
  }
}
