import type { OutputStream } from "../../lib/api/frame.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a job prints when all goes well; it may be cut short. */
export interface ExpectedOutput {
  stdout: string;
  stderr: string;
}

/** Bytes of each stream. */
export type Positions = Record<OutputStream, number>;

/**
 * Compares output with what a job prints, piece by piece as it is read: each byte once, in order. A
 * gap moves it on.
 */
export class OutputChecker {
  /** How far it is in each stream, gaps included. */
  readonly seen: Positions = { stdout: 0, stderr: 0 };
  /** Logical offset of the next byte. */
  offset = 0;
  /** What it was told is missing, logical offsets. */
  readonly gaps: { from: number; to: number }[] = [];
  /** What was there. */
  readonly pieces = {
    stdout: [] as Uint8Array[],
    stderr: [] as Uint8Array[],
  };

  readonly #name: string;
  readonly #expected: Record<OutputStream, Uint8Array>;
  /** Behind a gap of which nobody knows what of it was whose. */
  readonly #lost = new Set<OutputStream>();

  constructor(name: string, expected: ExpectedOutput) {
    this.#name = name;
    this.#expected = {
      stdout: encoder.encode(expected.stdout),
      stderr: encoder.encode(expected.stderr),
    };
  }

  /** @throws {Error} that tells what is there and what should be. */
  output(stream: OutputStream, bytes: Uint8Array): void {
    const expected = this.#expected[stream];
    if (this.#lost.delete(stream)) this.#find(stream, bytes);
    const at = this.seen[stream];
    const wrong = bytes.findIndex((byte, i) => expected[at + i] !== byte);
    if (wrong >= 0) {
      throw new Error(
        `${this.#name}: byte ${at + wrong} of ${stream} (offset ${
          this.offset + wrong
        }) begins ${excerpt(bytes, wrong)}, expected ${
          excerpt(expected, at + wrong)
        }`,
      );
    }
    this.pieces[stream].push(bytes.slice());
    this.seen[stream] += bytes.length;
    this.offset += bytes.length;
  }

  /** Notes missing bytes. @throws {Error} for a gap that begins elsewhere. */
  gap({ from, to }: { from: number; to: number }): void {
    if (from !== this.offset || to <= from) {
      throw new Error(
        `${this.#name}: a gap from ${from} to ${to} at offset ${this.offset}`,
      );
    }
    this.offset = to;
    this.gaps.push({ from, to });
    if (this.#expected.stderr.length === 0) this.seen.stdout += to - from;
    else this.#lost.add("stdout").add("stderr");
  }

  /** Bytes that are missing before a logical offset. */
  missingBefore(offset: number): number {
    return this.gaps.filter(({ to }) => to <= offset)
      .reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** Goes on behind a gap with bytes that say themselves where they belong. */
  #find(stream: OutputStream, bytes: Uint8Array): void {
    const expected = decoder.decode(this.#expected[stream]);
    const at = expected.indexOf(decoder.decode(bytes), this.seen[stream]);
    if (at >= 0) this.seen[stream] = at;
  }

  /**
   * The job has ended: both streams are to be at the end of what they should be.
   *
   * @param whole False when the job may have been cut short.
   * @throws {Error} that tells how far it is.
   */
  end({ whole }: { whole: boolean }): void {
    if (!whole || this.#lost.size > 0) return;
    for (const stream of ["stdout", "stderr"] as const) {
      const { length } = this.#expected[stream];
      if (this.seen[stream] === length) continue;
      throw new Error(
        `${this.#name}: ${stream} ends after ${
          this.seen[stream]
        } bytes, expected ${length}`,
      );
    }
  }
}

function excerpt(bytes: Uint8Array, at: number): string {
  return JSON.stringify(decoder.decode(bytes.subarray(at, at + 40)));
}
