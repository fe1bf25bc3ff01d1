const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Whole lines, and where the next one begins. */
export interface LineChunk {
  lines: string[];
  /** Offset one past the last byte of the lines. */
  position: number;
}

/**
 * The lines of a file from an offset to its end, a chunk at a time. What follows the last newline is
 * left: it is not whole yet. A line longer than a chunk comes in parts, which nobody can parse.
 *
 * @throws {Deno.errors.NotFound} when the file was moved or removed.
 */
export async function* lineChunks(
  path: string,
  position: number,
): AsyncGenerator<LineChunk> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(CHUNK_BYTES);
  const text = new TextDecoder();
  await file.seek(position, Deno.SeekMode.Start);
  for (let kept = 0;;) {
    const count = await file.read(bytes.subarray(kept));
    if (count === null) return;
    const end = kept + count;
    const newline = bytes.lastIndexOf(NEWLINE, end - 1);
    const whole = newline < 0 && end === CHUNK_BYTES ? end : newline + 1;
    position += whole;
    if (whole > 0) {
      const lines = text.decode(bytes.subarray(0, whole)).split("\n");
      yield { lines, position };
    }
    bytes.copyWithin(0, whole, end);
    kept = end - whole;
  }
}
