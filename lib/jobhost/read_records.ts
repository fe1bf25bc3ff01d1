import { LineSplitter } from "../client/lines.ts";

/**
 * The JSON values of a response, one a line. Unlike `BodyReader` it holds no buffer while it waits:
 * a daemon has one of these for each job that somebody follows.
 *
 * It ends when `signal` is aborted, and rejects when the connection is cut.
 */
export async function* readRecords<T>(
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  // An abort of the request does not reach a read that waits; its cancelling does.
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  const splitter = new LineSplitter();
  const text = new TextDecoder();
  try {
    while (!signal.aborted) {
      const { value, done } = await reader.read();
      if (done) return;
      for (const line of splitter.push(value)) {
        yield JSON.parse(text.decode(line)) as T;
      }
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
