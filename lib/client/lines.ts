import type { WaitOptions } from "../api/job_service.ts";
import { BodyReader } from "./body_reader.ts";

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

/** Bytes of the buffer for records, which are short; a daemon has one for each job that is followed. */
const RECORD_BYTES = 4 * 1024;

/**
 * The JSON values of a response's body, one a line. Ends when `signal` is aborted, and rejects when
 * the connection is cut.
 */
export async function* readJsonLines<T>(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  { signal }: WaitOptions = {},
): AsyncGenerator<T> {
  await using reader = new BodyReader(body, { bufferBytes: RECORD_BYTES });
  // The abort of a request does not reach a read of its body that waits; its cancelling does.
  const cancel = () => void reader[Symbol.asyncDispose]();
  signal?.addEventListener("abort", cancel, { once: true });
  const splitter = new LineSplitter();
  const text = new TextDecoder();
  try {
    while (!signal?.aborted) {
      const bytes = await reader.read();
      if (bytes === null) return;
      for (const line of splitter.push(bytes)) {
        yield JSON.parse(text.decode(line)) as T;
      }
    }
  } finally {
    signal?.removeEventListener("abort", cancel);
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
