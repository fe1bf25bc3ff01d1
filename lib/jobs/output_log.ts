import { createHash, type Hash } from "node:crypto";
import {
  FRAME_HEADER_BYTES,
  type OutputStream,
  STREAM_ID,
  writeFrameHeader,
} from "../api/frame.ts";
import type { StreamBytes, StreamDigests } from "../api/job.ts";
import { isDiskFull } from "./disk_full.ts";
import { Notifier } from "./notifier.ts";
import { OutputCursor } from "./output_cursor.ts";
import { planSegments, type SegmentPlan } from "./segment_plan.ts";
import { listSegments, Segment, walkFrames } from "./segment.ts";

/** The longest payload of a stored frame: what one read of a full pipe gives. */
export const MAX_STORED_PAYLOAD_BYTES = 64 * 1024;

/** The longest stored frame, and so the smallest buffer a cursor can read into. */
export const MAX_STORED_FRAME_BYTES = FRAME_HEADER_BYTES +
  MAX_STORED_PAYLOAD_BYTES;

/** How long a job with `overflow: "wait"` waits for a follower that went away to come back. */
const FOLLOWER_GRACE_MS = 30_000;

export interface OutputLogOptions {
  /** Bytes on disk, headers included. */
  cap: number;
  /** Compute SHA-256 of each stream. */
  checksum: boolean;
  /** See `JobSpec.overflow`. */
  overflow: "drop" | "wait";
}

/**
 * The output of one job: frames appended to segment files, followed by any number of cursors.
 *
 * Spool first, fan out second: `append` returns when the bytes are in the file, and cursors read
 * the file, so a reader costs the writer nothing. Within the cap the head and the tail are kept;
 * segments between them are removed, oldest first, which leaves a gap in the logical offsets. Bytes
 * that a full disk refused leave a gap too.
 */
export class OutputLog implements Disposable {
  /** Fires on every append and at the job's end. */
  readonly changed = new Notifier();
  /** Bytes of each stream so far, kept or not. */
  readonly bytes: StreamBytes;

  readonly #directory: string;
  readonly #plan: SegmentPlan;
  readonly #digests: Record<OutputStream, Hash> | null;
  readonly #segments: Segment[] = [];
  readonly #cursors = new Set<OutputCursor>();
  readonly #progress = new Notifier();
  #writer: Deno.FsFile | null = null;
  #end = 0;
  #ended = false;
  #lastFollowerAt = 0;
  #waits: boolean;
  /** How much longer than planned the active segment may become. */
  #slack = 0;

  private constructor(
    directory: string,
    options: OutputLogOptions,
    bytes: StreamBytes,
  ) {
    this.#directory = directory;
    this.#plan = planSegments(options.cap);
    this.#waits = options.overflow === "wait";
    this.#digests = options.checksum
      ? { stdout: createHash("sha256"), stderr: createHash("sha256") }
      : null;
    this.bytes = bytes;
  }

  /** An empty log whose files will be in `directory`, which is created with its first byte. */
  static create(directory: string, options: OutputLogOptions): OutputLog {
    return new OutputLog(directory, options, { stdout: 0, stderr: 0 });
  }

  /**
   * Opens what an earlier process wrote, for reading. A last frame that is torn, because the writer
   * died in the middle of it, is cut off.
   *
   * @param bytes Bytes of each stream, where they are on record; otherwise those that are kept are
   *   counted, which reads the whole log.
   */
  static recover(directory: string, bytes?: StreamBytes): OutputLog {
    const options = {
      cap: Infinity,
      checksum: false,
      overflow: "drop",
    } as const;
    const log = new OutputLog(
      directory,
      options,
      bytes ?? { stdout: 0, stderr: 0 },
    );
    const segments = listSegments(directory);
    for (const segment of segments) {
      log.#segments.push(segment);
      const isLast = segment === segments.at(-1);
      if (isLast || bytes === undefined) {
        log.#measure(segment, { count: bytes === undefined });
      }
    }
    // The last bytes may be missing, on a disk that was full then: that is a gap as any other.
    log.#end = Math.max(log.#end, log.bytes.stdout + log.bytes.stderr);
    log.#ended = true;
    return log;
  }

  /** Walks a segment that another process wrote, to the end of its last whole frame. */
  #measure(segment: Segment, { count }: { count: boolean }): void {
    this.#end = segment.firstOffset;
    segment.fileBytes = walkFrames(
      Deno.readFileSync(segment.path),
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
    return this.#segments[0]?.firstOffset ?? this.#end;
  }

  /** One past the last byte. */
  get end(): number {
    return this.#end;
  }

  /** True when no byte will come any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes of all segment files. */
  get fileBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.fileBytes, 0);
  }

  get segments(): readonly Segment[] {
    return this.#segments;
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
    if (this.#store(frame)) this.#segments.at(-1)!.fileBytes += frame.length;
    this.#end += length;
  }

  /** False when the disk is full: the frame is then missing from the log, as a gap. */
  #store(frame: Uint8Array): boolean {
    try {
      const segment = this.#segments.at(-1);
      if (
        !segment || !this.#writer ||
        segment.fileBytes >= this.#plan.segmentBytes + this.#slack
      ) this.#rotate();
      for (let written = 0; written < frame.length;) {
        written += this.#writer!.writeSync(
          written === 0 ? frame : frame.subarray(written),
        );
      }
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#abandonSegment();
      return false;
    }
  }

  /** Starts the next segment and removes what the cap has no room for any more. */
  #rotate(): void {
    this.#writer?.close();
    this.#writer = null;
    if (this.#segments.length === 0) {
      Deno.mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    }
    const segment = new Segment(this.#directory, this.#end);
    this.#writer = Deno.openSync(segment.path, {
      createNew: true,
      append: true,
      mode: 0o600,
    });
    this.#segments.push(segment);
    while (this.#overCap()) {
      this.#segments.splice(this.#firstInMiddle(), 1)[0]!.remove();
    }
  }

  /** A write failed half-way: later frames go to a segment of their own, behind the gap. */
  #abandonSegment(): void {
    this.#writer?.close();
    this.#writer = null;
    const segment = this.#segments.at(-1);
    if (segment === undefined) return;
    if (segment.fileBytes > 0) {
      return Deno.truncateSync(segment.path, segment.fileBytes);
    }
    this.#segments.pop();
    segment.remove();
  }

  #overCap(): boolean {
    return this.#segments.length >
      this.#plan.headSegments + this.#plan.tailSegments;
  }

  /** Index of the oldest segment that is not part of the head. */
  #firstInMiddle(): number {
    return this.#plan.headSegments;
  }

  /**
   * Resolves when another read's worth of output may be appended. Only a log with
   * `overflow: "wait"` ever waits: while the cap is reached and a follower has not yet read what
   * would be removed for it.
   */
  async room(signal: AbortSignal): Promise<void> {
    while (
      this.#waits && !signal.aborted && this.#wouldRemoveUnread()
    ) {
      await this.#progress.next({ signal, timeoutMs: 1_000 });
    }
  }

  /**
   * The job has ended: takes what is left in its pipes without waiting for anybody, and without
   * removing for it what a follower has not read.
   */
  stopWaiting(): void {
    if (!this.#waits) return;
    this.#waits = false;
    this.#slack = 2 * MAX_STORED_FRAME_BYTES;
    this.#progress.notify();
  }

  #wouldRemoveUnread(): boolean {
    const active = this.#segments.at(-1);
    const capped = this.#segments.length >=
      this.#plan.headSegments + this.#plan.tailSegments;
    if (!capped || !active) return false;
    if (active.fileBytes + MAX_STORED_FRAME_BYTES < this.#plan.segmentBytes) {
      return false;
    }
    const removableEnd =
      this.#segments[this.#firstInMiddle() + 1]?.firstOffset ?? this.#end;
    if (this.#cursors.size === 0) {
      return Date.now() - this.#lastFollowerAt < FOLLOWER_GRACE_MS;
    }
    for (const cursor of this.#cursors) {
      if (cursor.offset < removableEnd) return true;
    }
    return false;
  }

  /** A reader that begins at a logical offset. */
  cursor(from: number): OutputCursor {
    const cursor = new OutputCursor(this, from, {
      moved: () => this.#progress.notify(),
      closed: () => {
        this.#cursors.delete(cursor);
        this.#lastFollowerAt = Date.now();
        this.#progress.notify();
      },
    });
    this.#cursors.add(cursor);
    return cursor;
  }

  /**
   * Ends the log: no byte comes any more. The caller notifies `changed` once the job is final too.
   *
   * @returns the digests, null where they were not asked for.
   */
  finish(): StreamDigests {
    this.#writer?.close();
    this.#writer = null;
    this.#ended = true;
    return {
      stdout: this.#digests?.stdout.digest("hex") ?? null,
      stderr: this.#digests?.stderr.digest("hex") ?? null,
    };
  }

  [Symbol.dispose](): void {
    this.#writer?.close();
    this.#writer = null;
    for (const cursor of this.#cursors) cursor[Symbol.dispose]();
  }
}
