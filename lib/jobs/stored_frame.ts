import { FRAME_HEADER_BYTES } from "../api/frame.ts";

/** The longest payload of a stored frame: what one read of a full pipe gives. */
export const MAX_STORED_PAYLOAD_BYTES = 64 * 1024;

/** The longest stored frame, and so the smallest buffer a cursor can read into. */
export const MAX_STORED_FRAME_BYTES = FRAME_HEADER_BYTES +
  MAX_STORED_PAYLOAD_BYTES;

/** What {@linkcode walkFrames} sees of a frame. */
export interface FrameAt {
  /** Where its header begins in the buffer. */
  at: number;
  stream: number;
  payloadBytes: number;
}

/**
 * Calls `visit` for every whole frame in `bytes` until it returns false.
 *
 * @returns the bytes of the whole frames that were visited.
 */
export function walkFrames(
  bytes: Uint8Array,
  visit: (frame: FrameAt) => boolean | void,
): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (at + FRAME_HEADER_BYTES <= bytes.length) {
    const payloadBytes = view.getUint32(at);
    const end = at + FRAME_HEADER_BYTES + payloadBytes;
    if (end > bytes.length) break;
    if (visit({ at, stream: bytes[at + 4]!, payloadBytes }) === false) break;
    at = end;
  }
  return at;
}

/** The frame at the start of `bytes` without the first `cut` bytes of its payload. */
export function cutFrame(
  bytes: Uint8Array,
  { payloadBytes, cut }: { payloadBytes: number; cut: number },
): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payloadBytes - cut);
  frame.set(bytes.subarray(0, FRAME_HEADER_BYTES));
  frame.set(
    bytes.subarray(FRAME_HEADER_BYTES + cut, FRAME_HEADER_BYTES + payloadBytes),
    FRAME_HEADER_BYTES,
  );
  new DataView(frame.buffer).setUint32(0, payloadBytes - cut);
  return frame;
}
