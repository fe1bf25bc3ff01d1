import { FRAME_HEADER_BYTES } from "../api/frame.ts";

const MAX_SEGMENT_BYTES = 8 * 2 ** 20;
const SEGMENTS_IN_CAP = 32;
const HEAD_SHARE = 1 / 4;
const LONGEST_FRAME_SHARE = 1 / 4;

/** How a cap is cut into segments. */
export interface SegmentPlan {
  /** A segment that has reached this takes no further frame. */
  segmentBytes: number;
  /** Longest payload of one frame: a fraction of a segment, so that little of the cap is slack. */
  maxPayload: number;
  /** Segments kept from the start. */
  headSegments: number;
  /** Segments kept from the end, the active one included. */
  tailSegments: number;
}

/** The smallest cap that can be kept. */
export const MIN_OUTPUT_CAP_BYTES = 64 * 1024;

/**
 * Plans for at most `cap` bytes on disk, headers included: a quarter for the head, the rest for the
 * tail. A segment may exceed its size by less than one frame, so both count with that.
 */
export function planSegments(cap: number): SegmentPlan {
  const segmentBytes = Math.min(
    MAX_SEGMENT_BYTES,
    Math.floor(cap / SEGMENTS_IN_CAP),
  );
  const maxPayload = Math.min(
    64 * 1024,
    Math.floor(segmentBytes * LONGEST_FRAME_SHARE) - FRAME_HEADER_BYTES,
  );
  const longest = segmentBytes + maxPayload + FRAME_HEADER_BYTES;
  const segments = Math.max(3, Math.floor(cap / longest));
  const headSegments = Math.max(1, Math.floor(segments * HEAD_SHARE));
  return {
    segmentBytes,
    maxPayload,
    headSegments,
    tailSegments: segments - headSegments,
  };
}
