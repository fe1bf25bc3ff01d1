import { getLogger } from "@logtape/logtape";
import { AppendFile } from "../linux/append_file.ts";
import { isDiskFull } from "./disk_full.ts";
import { LOG_DIRECTORY_MODE, Segment, SEGMENT_MODE } from "./segment.ts";
import type { SegmentPlan } from "./segment_plan.ts";
import { MAX_STORED_FRAME_BYTES } from "./stored_frame.ts";

const logger = getLogger(["worker", "jobs"]);

/** Options of a {@linkcode SegmentWriter}. */
export interface SegmentWriterOptions {
  plan: SegmentPlan;
  /** What is there already; frames go to a new segment behind them. */
  segments: Segment[];
  /** Called when a new segment begins, before anything is written to it. */
  rotated: () => void;
}

/**
 * Writes whole frames to segment files and keeps them within a plan: of the segments behind the
 * head, the oldest is removed when a new one begins and there is no room for it.
 */
export class SegmentWriter implements Disposable {
  /** How much longer than planned the active segment may become, in bytes. */
  slack = 0;

  readonly #directory: string;
  readonly #plan: SegmentPlan;
  readonly #segments: Segment[];
  readonly #rotated: () => void;
  #file: AppendFile | null = null;
  /** The active segment takes no further frame. */
  #sealed = false;
  #reported = false;

  constructor(directory: string, options: SegmentWriterOptions) {
    this.#directory = directory;
    this.#plan = options.plan;
    this.#segments = options.segments;
    this.#rotated = options.rotated;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /**
   * Moves bytes from a pipe into a frame whose payload begins at a logical offset.
   *
   * @param header The frame's, which says how many bytes.
   * @returns how many are stored: fewer when the disk is full, and the rest is still in the pipe.
   */
  append(
    header: Uint8Array,
    { pipe, length, offset }: { pipe: number; length: number; offset: number },
  ): number {
    let stored = 0;
    try {
      const active = this.#segments.at(-1);
      const full = active !== undefined &&
        active.fileBytes >= this.#plan.segmentBytes + this.slack;
      if (this.#file === null || this.#sealed || full) this.#rotate(offset);
      const file = this.#file!;
      file.append(header);
      while (stored < length) {
        const count = file.moveFrom(pipe, length - stored);
        if (!count) break;
        stored += count;
      }
    } catch (error) {
      this.#report(error);
    }
    if (stored === length) this.#segments.at(-1)!.fileBytes = this.#file!.size;
    else this.#endSegment(header, stored);
    return stored;
  }

  /** A job goes on without its output, which then has a gap; a full disk is nothing unusual. */
  #report(error: unknown): void {
    if (isDiskFull(error) || this.#reported) return;
    this.#reported = true;
    logger
      .error`cannot store output in "${this.#directory}": ${
      (error as Error).message
    }`;
  }

  /** The last bytes that were written. */
  readBack(into: Uint8Array): void {
    this.#file!.read(into, this.#file!.size - into.length);
  }

  /** One past the last byte that another read's worth of output may cost; null when it costs none. */
  get removableEnd(): number | null {
    const { headSegments, tailSegments, segmentBytes } = this.#plan;
    const active = this.#segments.at(-1);
    if (
      active === undefined ||
      this.#segments.length < headSegments + tailSegments ||
      active.fileBytes + MAX_STORED_FRAME_BYTES < segmentBytes
    ) return null;
    return this.#segments[headSegments + 1]?.firstOffset ?? null;
  }

  /** Starts the next segment and removes what the cap has no room for any more. */
  #rotate(offset: number): void {
    this.close();
    this.#sealed = false;
    if (this.#segments.length === 0) {
      Deno.mkdirSync(this.#directory, {
        recursive: true,
        mode: LOG_DIRECTORY_MODE,
      });
    }
    const segment = new Segment(this.#directory, offset);
    this.#file = AppendFile.create(segment.path, SEGMENT_MODE);
    this.#segments.push(segment);
    this.#rotated();
    const { headSegments, tailSegments } = this.#plan;
    while (this.#segments.length > headSegments + tailSegments) {
      this.#segments.splice(headSegments, 1)[0]!.remove();
    }
  }

  /**
   * The disk is full: the segment ends with what is stored of its last frame, and later frames go to
   * a segment of their own, behind the gap.
   */
  #endSegment(header: Uint8Array, stored: number): void {
    const segment = this.#segments.at(-1);
    if (this.#file === null || segment === undefined) return;
    if (stored > 0) {
      new DataView(header.buffer, header.byteOffset).setUint32(0, stored);
      this.#file.write(header, segment.fileBytes);
      segment.fileBytes += header.length + stored;
    }
    this.#file.truncate(segment.fileBytes);
    this.#sealed = true;
    if (segment.fileBytes > 0) return;
    this.close();
    this.#segments.pop();
    segment.remove();
  }

  /** Closes the active segment: the next frame begins another. Twice is fine. */
  close(): void {
    this.#file?.[Symbol.dispose]();
    this.#file = null;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
