import type { ClientHttp2Stream } from "node:http2";
import { INTERNAL_ERROR } from "./http2_codes.ts";
import type { SocketBacklog } from "../http/socket_backlog.ts";

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
  stream.on("drain", () => wake()).once("close", () => wake());
  const iterator = body[Symbol.asyncIterator]();
  try {
    while (true) {
      // A body that waits for its sender for ever must not outlive the stream.
      const next = await new Promise<IteratorResult<Uint8Array> | undefined>(
        (resolve, reject) => {
          wake = () => stream.destroyed && resolve(undefined);
          iterator.next().then(resolve, reject);
        },
      );
      if (next === undefined || stream.destroyed) {
        // Not awaited: it may hang in the read that was given up.
        void iterator.return?.().catch(() => {});
        return;
      }
      if (next.done) return void stream.end();
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (stream.write(next.value)) resolve();
      });
      await backlog.drained();
    }
  } catch {
    if (!stream.destroyed) stream.close(INTERNAL_ERROR);
  }
}
