import type { BodyReader } from "./body_reader.ts";

const NEWLINE = 0x0a;

/** Cuts bytes that come in pieces into lines. */
export class LineSplitter {
  #partial: Uint8Array[] = [];

  /** The lines that `bytes` completes, each with its newline; they hold no view into `bytes`. */
  push(bytes: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, start);
      if (newline < 0) break;
      this.#partial.push(bytes.slice(start, newline + 1));
      lines.push(join(this.#partial));
      this.#partial = [];
      start = newline + 1;
    }
    if (start < bytes.length) this.#partial.push(bytes.slice(start));
    return lines;
  }

  /** True between two lines. */
  get atBoundary(): boolean {
    return this.#partial.length === 0;
  }
}

/** The JSON values of an NDJSON body, one a line. */
export async function* readJsonLines<T>(body: BodyReader): AsyncGenerator<T> {
  const splitter = new LineSplitter();
  const text = new TextDecoder();
  for (;;) {
    const bytes = await body.read();
    if (bytes === null) return;
    for (const line of splitter.push(bytes)) {
      yield JSON.parse(text.decode(line)) as T;
    }
  }
}

function join(parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
