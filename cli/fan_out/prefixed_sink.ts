import type { OutputStream } from "../../lib/api/frame.ts";
import type { NodeSink } from "./node_sink.ts";

const NEWLINE = 0x0a;

/** A line that is longer is cut there: memory has to be bounded. */
const MOST_LINE_BYTES = 1 << 16;

/** What {@linkcode PrefixedSink} needs. */
export interface PrefixedSinkOptions {
  /** Takes whole lines. */
  write(stream: OutputStream, bytes: Uint8Array): Promise<void>;
  /** What stands before each line. */
  prefix: Record<OutputStream, string>;
}

/**
 * Writes output a whole line at a time, each with a prefix, so that lines of several jobs can be told
 * apart and never mix. What comes together is written together. A last line without its end gets one.
 */
export class PrefixedSink implements NodeSink {
  readonly #write: PrefixedSinkOptions["write"];
  readonly #lanes: Record<OutputStream, Lane>;

  constructor({ write, prefix }: PrefixedSinkOptions) {
    this.#write = write;
    this.#lanes = {
      stdout: new Lane(prefix.stdout),
      stderr: new Lane(prefix.stderr),
    };
  }

  async write(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    const lines = this.#lanes[stream].push(bytes);
    if (lines.length > 0) await this.#write(stream, lines);
  }

  /** Writes lines that have not come to their end, too. */
  async drain(): Promise<void> {
    for (const stream of ["stdout", "stderr"] as const) {
      const rest = this.#lanes[stream].end();
      if (rest.length > 0) await this.#write(stream, rest);
    }
  }

  broken(): Promise<void> {
    return this.drain();
  }
}

/** One stream: joins pieces to lines. */
class Lane {
  readonly #prefix: Uint8Array;
  #partial: Uint8Array = new Uint8Array(0);

  constructor(prefix: string) {
    this.#prefix = new TextEncoder().encode(prefix);
  }

  /** The lines that the bytes complete, as they are to be written; no view into `bytes`. */
  push(bytes: Uint8Array): Uint8Array {
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    const lines = end === 0
      ? new Uint8Array(0)
      : this.#prefixed(this.#take(bytes.subarray(0, end)));
    this.#partial = joined(this.#partial, bytes.subarray(end));
    return this.#partial.length < MOST_LINE_BYTES
      ? lines
      : joined(lines, this.end());
  }

  end(): Uint8Array {
    if (this.#partial.length === 0) return this.#partial;
    return this.#prefixed(this.#take(new Uint8Array([NEWLINE])));
  }

  /** What was kept, and the bytes. */
  #take(bytes: Uint8Array): Uint8Array {
    const partial = this.#partial;
    this.#partial = new Uint8Array(0);
    return partial.length === 0 ? bytes : joined(partial, bytes);
  }

  /** Of lines that all end with a newline. */
  #prefixed(lines: Uint8Array): Uint8Array {
    let count = 0;
    for (
      let at = lines.indexOf(NEWLINE);
      at >= 0;
      at = lines.indexOf(NEWLINE, at + 1)
    ) count++;
    const whole = new Uint8Array(lines.length + count * this.#prefix.length);
    let from = 0, to = 0;
    while (from < lines.length) {
      const end = lines.indexOf(NEWLINE, from) + 1;
      whole.set(this.#prefix, to);
      whole.set(lines.subarray(from, end), to + this.#prefix.length);
      to += this.#prefix.length + end - from;
      from = end;
    }
    return whole;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
