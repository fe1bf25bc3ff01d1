import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";

/** The folder of a log: the group may look, whom the folder above lets in at all. */
export const LOG_DIRECTORY_MODE = 0o750;

/** A file of a log: the group may read. */
export const SEGMENT_MODE = 0o640;

/**
 * One file of an output log: whole frames, the first at the logical offset that names the file.
 *
 * The file is opened for reading when somebody reads it, once for all its readers, and closed with
 * the last of them. It may be removed under a reader, by the process that writes the log or by
 * another: the reader then goes on behind a gap.
 */
export class Segment {
  /** Bytes of the file that hold whole frames. */
  fileBytes: number;

  readonly path: string;
  #removed = false;
  #descriptor: number | null = null;
  #readers = 0;

  constructor(directory: string, readonly firstOffset: number, fileBytes = 0) {
    this.path = join(directory, segmentName(firstOffset));
    this.fileBytes = fileBytes;
  }

  /** The file is gone. */
  get removed(): boolean {
    return this.#removed;
  }

  /** Counts a reader in, who calls `release` later; false when the file is gone. */
  acquire(): boolean {
    if (this.#removed) return false;
    try {
      this.#descriptor ??= openSync(this.path, "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      this.#removed = true;
      return false;
    }
    this.#readers++;
    return true;
  }

  release(): void {
    if (--this.#readers === 0) this.#close();
  }

  /** Reads at a place of the file, for a reader that was counted in; the count, 0 at its end. */
  read(into: Uint8Array, position: number): number {
    const length = Math.min(into.length, this.fileBytes - position);
    if (length <= 0 || this.#descriptor === null) return 0;
    return readSync(this.#descriptor, into, 0, length, position);
  }

  /** All of its frames; none when the file is gone. */
  readAll(): Uint8Array {
    if (!this.acquire()) return new Uint8Array();
    try {
      const bytes = new Uint8Array(this.fileBytes);
      let count = 0;
      while (count < bytes.length) {
        const more = this.read(bytes.subarray(count), count);
        if (more === 0) break;
        count += more;
      }
      return bytes.subarray(0, count);
    } finally {
      this.release();
    }
  }

  /** Deletes the file. Its space is free at once: readers here do not keep it. */
  remove(): void {
    this.forget();
    Deno.removeSync(this.path);
  }

  /** Another process has deleted the file: readers here let go of it. */
  forget(): void {
    this.#removed = true;
    this.#close();
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
