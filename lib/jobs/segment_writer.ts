import { isDiskFull } from "./disk_full.ts";
import { LOG_DIRECTORY_MODE, Segment, SEGMENT_MODE } from "./segment.ts";
import type { SegmentPlan } from "./segment_plan.ts";
import { MAX_STORED_FRAME_BYTES } from "./stored_frame.ts";

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
  #file: Deno.FsFile | null = null;

  /** @param segments What is there already; frames go to a new segment behind them. */
  constructor(
    directory: string,
    { plan, segments = [] }: { plan: SegmentPlan; segments?: Segment[] },
  ) {
    this.#directory = directory;
    this.#plan = plan;
    this.#segments = segments;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /**
   * Writes a frame whose payload begins at a logical offset.
   *
   * @returns false when the disk is full: the frame is then missing, as a gap.
   */
  write(frame: Uint8Array, offset: number): boolean {
    try {
      const active = this.#segments.at(-1);
      const full = active !== undefined &&
        active.fileBytes >= this.#plan.segmentBytes + this.slack;
      if (this.#file === null || full) this.#rotate(offset);
      for (let written = 0; written < frame.length;) {
        written += this.#file!.writeSync(
          written === 0 ? frame : frame.subarray(written),
        );
      }
      this.#segments.at(-1)!.fileBytes += frame.length;
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#abandonSegment();
      return false;
    }
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
    if (this.#segments.length === 0) {
      Deno.mkdirSync(this.#directory, {
        recursive: true,
        mode: LOG_DIRECTORY_MODE,
      });
    }
    const segment = new Segment(this.#directory, offset);
    this.#file = Deno.openSync(segment.path, {
      createNew: true,
      append: true,
      mode: SEGMENT_MODE,
    });
    this.#segments.push(segment);
    const { headSegments, tailSegments } = this.#plan;
    while (this.#segments.length > headSegments + tailSegments) {
      this.#segments.splice(headSegments, 1)[0]!.remove();
    }
  }

  /** A write failed half-way: later frames go to a segment of their own, behind the gap. */
  #abandonSegment(): void {
    this.close();
    const segment = this.#segments.at(-1);
    if (segment === undefined) return;
    if (segment.fileBytes > 0) {
      return Deno.truncateSync(segment.path, segment.fileBytes);
    }
    this.#segments.pop();
    segment.remove();
  }

  /** Closes the active segment: the next frame begins another. Twice is fine. */
  close(): void {
    this.#file?.close();
    this.#file = null;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
