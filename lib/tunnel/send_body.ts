import type { ClientHttp2Stream } from "node:http2";
import { INTERNAL_ERROR } from "./http2_codes.ts";
import { noteBytes } from "../passing_bytes.ts";
import type { SocketBacklog } from "../http/listener/socket_backlog.ts";

/**
 * Writes a request's body at the pace of the node. Never throws: when the body breaks, the stream is
 * reset, and when the stream is gone, the body is given up.
 */
export async function sendBody(
  stream: ClientHttp2Stream,
  body: AsyncIterable<Uint8Array>,
  backlog: SocketBacklog,
): Promise<void> {
  // One resolver for whatever is waited for: a race with a promise that lives as long as the stream
  // would keep something of every piece.
  let wake = () => {};
  const onEvent = () => wake();
  stream.on("drain", onEvent).once("aborted", onEvent).once("close", onEvent);
  // The runtime ends a stream that the node has reset: a write to it would be an error that keeps
  // the end of the answer from being told.
  const isOver = () => stream.destroyed || stream.closed;
  const iterator = body[Symbol.asyncIterator]();
  try {
    while (true) {
      // A body that waits for its sender for ever must not outlive the stream.
      const next = await new Promise<IteratorResult<Uint8Array> | undefined>(
        (resolve, reject) => {
          wake = () => isOver() && resolve(undefined);
          iterator.next().then(resolve, reject);
        },
      );
      if (next === undefined || isOver()) {
        // Not awaited: it may hang in the read that was given up.
        void iterator.return?.().catch(() => {});
        return;
      }
      if (next.done) return void stream.end();
      await new Promise<void>((resolve) => {
        wake = resolve;
        noteBytes(next.value.length);
        if (stream.write(next.value)) resolve();
      });
      await backlog.drained();
    }
  } catch {
    if (!stream.destroyed) stream.close(INTERNAL_ERROR);
  }
}
