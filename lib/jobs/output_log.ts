import { createHash, type Hash } from "node:crypto";
import {
  FRAME_HEADER_BYTES,
  type OutputStream,
  STREAM_ID,
  writeFrameHeader,
} from "../api/frame.ts";
import type { StreamBytes, StreamDigests } from "../api/job.ts";
import { bytesInPipe } from "../linux/append_file.ts";
import { readDescriptor } from "../linux/descriptor.ts";
import { countFrom, mendTail, rehash } from "./log_recovery.ts";
import { type LogReader, LogReaders } from "./log_readers.ts";
import { Notifier } from "./notifier.ts";
import { OutputCursor } from "./output_cursor.ts";
import type { ReadableLog } from "./readable_log.ts";
import { listSegments, type Segment } from "./segment.ts";
import { planSegments, type SegmentPlan } from "./segment_plan.ts";
import { SegmentWriter } from "./segment_writer.ts";
import {
  MAX_STORED_FRAME_BYTES,
  MAX_STORED_PAYLOAD_BYTES,
} from "./stored_frame.ts";

/** How an {@linkcode OutputLog} keeps what it gets. */
export interface OutputLogOptions {
  /** Bytes on disk, headers included. */
  cap: number;
  /** Compute SHA-256 of each stream. */
  checksum: boolean;
  /** See `JobSpec.overflow`. */
  overflow: "drop" | "wait";
  /**
   * Called now and then while the log grows, whenever what is on record of it would otherwise no
   * longer suffice for {@linkcode OutputLog.resume}: `bytes` is to be saved then.
   */
  milestone?: () => void;
}

const header = new Uint8Array(FRAME_HEADER_BYTES);

/** For bytes that have to pass this process after all. */
const scratch = new Uint8Array(MAX_STORED_PAYLOAD_BYTES);

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
  readonly bytes: StreamBytes = { stdout: 0, stderr: 0 };

  readonly #plan: SegmentPlan;
  readonly #writer: SegmentWriter;
  readonly #milestone: () => void;
  #digests: Record<OutputStream, Hash> | null;
  readonly #cursors = new Set<OutputCursor>();
  readonly #readers = new LogReaders<LogReader>();
  readonly #progress = new Notifier();
  #end = 0;
  #waits: boolean;

  private constructor(
    directory: string,
    options: OutputLogOptions & { segments?: Segment[] },
  ) {
    this.#plan = planSegments(options.cap);
    this.#milestone = options.milestone ?? (() => {});
    this.#writer = new SegmentWriter(directory, {
      plan: this.#plan,
      segments: options.segments ?? [],
      rotated: this.#milestone,
    });
    this.#waits = options.overflow === "wait";
    this.#digests = options.checksum
      ? { stdout: createHash("sha256"), stderr: createHash("sha256") }
      : null;
  }

  /** An empty log whose files will be in `directory`, which is created with its first byte. */
  static create(directory: string, options: OutputLogOptions): OutputLog {
    return new OutputLog(directory, options);
  }

  /** Opens the log of a final job, for reading. @param bytes Those on record. */
  static open(directory: string, bytes: StreamBytes): OutputLog {
    const log = new OutputLog(directory, {
      cap: Infinity,
      checksum: false,
      overflow: "drop",
      segments: listSegments(directory),
    });
    Object.assign(log.bytes, bytes);
    // The last bytes may be missing, on a disk that was full then: that is a gap as any other.
    log.#end = bytes.stdout + bytes.stderr;
    return log;
  }

  /**
   * Opens a log whose writer died, to go on. A last frame that was written in part ends where its
   * bytes end: the rest is still in the pipe.
   *
   * @param options `bytes` are those that were on record last.
   */
  static resume(
    directory: string,
    { bytes, ...options }: OutputLogOptions & { bytes: StreamBytes },
  ): OutputLog {
    const segments = listSegments(directory);
    const last = segments.at(-1);
    if (last && !mendTail(last)) segments.pop()!.remove();
    const log = new OutputLog(directory, { ...options, segments });
    const since = countFrom(segments, bytes.stdout + bytes.stderr);
    log.bytes.stdout = bytes.stdout + since.stdout;
    log.bytes.stderr = bytes.stderr + since.stderr;
    log.#end = log.bytes.stdout + log.bytes.stderr;
    if (options.checksum) log.#digests = rehash(segments, log.#end);
    return log;
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
   * Moves what is in a pipe to the end of the log, as one frame. A byte is in the pipe or in the
   * file at any moment, so none is lost when this process is killed.
   *
   * @returns how many bytes; 0 when there is nothing now.
   */
  appendFrom(stream: OutputStream, pipe: number): number {
    const length = Math.min(bytesInPipe(pipe), this.#plan.maxPayload);
    if (length === 0) return 0;
    writeFrameHeader(header, {
      length,
      stream: STREAM_ID[stream],
      timeUs: Math.round((performance.timeOrigin + performance.now()) * 1000),
    });
    const offset = this.#end;
    const stored = this.#writer.append(header, { pipe, length, offset });
    const digest = this.#digests?.[stream];
    if (digest && stored > 0) {
      this.#writer.readBack(scratch.subarray(0, stored));
      digest.update(scratch.subarray(0, stored));
    }
    this.bytes[stream] += length;
    this.#end += length;
    if (stored < length) this.#drop(pipe, { count: length - stored, digest });
    this.changed.notify();
    return length;
  }

  /**
   * The disk is full. What it has no room for is read all the same, so that the job goes on; that
   * it is missing goes on record first, because no file will tell.
   */
  #drop(
    pipe: number,
    { count, digest }: { count: number; digest: Hash | undefined },
  ): void {
    this.#milestone();
    for (let left = count; left > 0;) {
      const read = readDescriptor(pipe, scratch.subarray(0, left));
      if (!read) break;
      digest?.update(scratch.subarray(0, read));
      left -= read;
    }
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
