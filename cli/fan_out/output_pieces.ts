import type { OutputStream } from "../../lib/api/frame.ts";

/** What an object for a piece takes, so that many short ones are not taken for nothing. */
const PIECE_BYTES = 128;

/** A piece of one stream. */
interface Piece {
  stream: OutputStream;
  bytes: Uint8Array;
}

/** Output that is kept, in the order in which it came. */
export class OutputPieces implements Iterable<Piece> {
  readonly #pieces: Piece[] = [];
  #size = 0;

  /** Bytes of memory, about. */
  get size(): number {
    return this.#size;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Where the last line is that has no end; null when all have. */
  get streamWithoutNewline(): OutputStream | null {
    const last = this.#pieces.at(-1);
    return last !== undefined && last.bytes.at(-1) !== 0x0a
      ? last.stream
      : null;
  }

  [Symbol.iterator](): Iterator<Piece> {
    return this.#pieces[Symbol.iterator]();
  }

  /** Copies the bytes. */
  add(stream: OutputStream, bytes: Uint8Array): void {
    this.#pieces.push({ stream, bytes: bytes.slice() });
    this.#size += bytes.length + PIECE_BYTES;
  }

  /** The same for the same bytes of each stream, however they were cut and interleaved. */
  async digest(): Promise<string> {
    const digests = await Promise.all(
      (["stdout", "stderr"] as const).map(async (stream) => {
        const bytes = this.#of(stream);
        return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      }),
    );
    return digests.map((digest) => digest.toHex()).join(" ");
  }

  #of(stream: OutputStream): Uint8Array<ArrayBuffer> {
    const parts = this.#pieces.filter((piece) => piece.stream === stream);
    const whole = new Uint8Array(
      parts.reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    let at = 0;
    for (const { bytes } of parts) {
      whole.set(bytes, at);
      at += bytes.length;
    }
    return whole;
  }
}
