import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { FRAME_HEADER_BYTES } from "../api/frame.ts";

/**
 * One file of an output log: whole frames, the first at the logical offset that names the file.
 *
 * The file is opened for reading when somebody reads it, once for all its readers, and closed with
 * the last of them.
 */
export class Segment {
  /** Bytes of the file that hold whole frames. */
  fileBytes: number;
  /** Retention has removed it; a reader goes on behind the gap. */
  removed = false;

  readonly path: string;
  #descriptor: number | null = null;
  #readers = 0;

  constructor(directory: string, readonly firstOffset: number, fileBytes = 0) {
    this.path = join(directory, segmentName(firstOffset));
    this.fileBytes = fileBytes;
  }

  /** Counts a reader in; every `acquire` needs a `release`. */
  acquire(): void {
    this.#readers++;
  }

  release(): void {
    if (--this.#readers === 0) this.#close();
  }

  /** Reads at a place of the file; the count, 0 at its end. */
  read(into: Uint8Array, position: number): number {
    const length = Math.min(into.length, this.fileBytes - position);
    if (length <= 0) return 0;
    this.#descriptor ??= openSync(this.path, "r");
    return readSync(this.#descriptor, into, 0, length, position);
  }

  /** Deletes the file. Its space is free at once: readers do not keep it. */
  remove(): void {
    this.removed = true;
    this.#close();
    Deno.removeSync(this.path);
  }

  #close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}

/** Offsets are padded so that names sort as the offsets do. */
function segmentName(firstOffset: number): string {
  return `${String(firstOffset).padStart(16, "0")}.log`;
}

/** The segments in a directory, in order. An empty list when there is none. */
export function listSegments(directory: string): Segment[] {
  const segments: Segment[] = [];
  try {
    for (const { name } of Deno.readDirSync(directory)) {
      const match = /^(\d+)\.log$/.exec(name);
      if (!match) continue;
      const size = Deno.statSync(join(directory, name)).size;
      segments.push(new Segment(directory, Number(match[1]), size));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return segments.sort((a, b) => a.firstOffset - b.firstOffset);
}

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
