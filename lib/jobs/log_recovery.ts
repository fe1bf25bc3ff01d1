import { createHash, type Hash } from "node:crypto";
import {
  FRAME_HEADER_BYTES,
  type OutputStream,
  STREAM_ID,
} from "../api/frame.ts";
import type { StreamBytes } from "../api/job.ts";
import type { Segment } from "./segment.ts";
import { walkFrames } from "./stored_frame.ts";

/** Output up to this is read again for its digests when a log is resumed: it takes a moment. */
const MAX_REHASH_BYTES = 32 * 1024 * 1024;

/**
 * Makes the last frame of a segment whole whose writer died in the middle of it: it ends where its
 * bytes end. Without a byte of payload it is cut off.
 *
 * @returns false when nothing is left of the segment.
 */
export function mendTail(segment: Segment): boolean {
  const bytes = segment.readAll();
  const whole = walkFrames(bytes, () => true);
  const torn = bytes.length - whole;
  const keep = torn > FRAME_HEADER_BYTES;
  segment.fileBytes = keep ? bytes.length : whole;
  if (torn === 0) return whole > 0;
  using file = Deno.openSync(segment.path, { write: true });
  if (!keep) {
    file.truncateSync(whole);
    return whole > 0;
  }
  const header = bytes.slice(whole, whole + FRAME_HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, torn - FRAME_HEADER_BYTES);
  file.seekSync(whole, Deno.SeekMode.Start);
  file.writeSync(header);
  return true;
}

/** Bytes of each stream that are stored at or behind a logical offset. */
export function countFrom(
  segments: readonly Segment[],
  from: number,
): StreamBytes {
  const counted = { stdout: 0, stderr: 0 };
  const first = segments.findLastIndex((each) => each.firstOffset <= from);
  for (const segment of segments.slice(Math.max(0, first))) {
    visitPayloads(segment, ({ stream, offset, payload }) => {
      if (offset >= from) counted[stream] += payload.length;
    });
  }
  return counted;
}

/** Digests of all output so far; null when some of it is gone, or it is too much to read again. */
export function rehash(
  segments: readonly Segment[],
  end: number,
): Record<OutputStream, Hash> | null {
  if (end > MAX_REHASH_BYTES) return null;
  const digests = {
    stdout: createHash("sha256"),
    stderr: createHash("sha256"),
  };
  let expected = 0;
  for (const segment of segments) {
    if (segment.firstOffset !== expected) return null;
    visitPayloads(segment, ({ stream, payload }) => {
      digests[stream].update(payload);
      expected += payload.length;
    });
  }
  return expected === end ? digests : null;
}

function visitPayloads(
  segment: Segment,
  visit: (
    frame: { stream: OutputStream; offset: number; payload: Uint8Array },
  ) => void,
): void {
  let offset = segment.firstOffset;
  const bytes = segment.readAll();
  walkFrames(bytes, ({ at, stream, payloadBytes }) => {
    const start = at + FRAME_HEADER_BYTES;
    visit({
      stream: stream === STREAM_ID.stdout ? "stdout" : "stderr",
      offset,
      payload: bytes.subarray(start, start + payloadBytes),
    });
    offset += payloadBytes;
  });
}
