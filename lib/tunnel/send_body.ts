import type { ClientHttp2Stream } from "node:http2";
import { INTERNAL_ERROR } from "./http2_codes.ts";
import type { SocketBacklog } from "./socket_backlog.ts";

/**
 * Writes a request's body at the pace of the node. Never throws: when the body breaks, the stream is
 * reset, and when the stream is gone, the body is given up.
 */
export async function sendBody(
  stream: ClientHttp2Stream,
  body: AsyncIterable<Uint8Array>,
  backlog: SocketBacklog,
): Promise<void> {
  let wake = Promise.withResolvers<void>();
  const go = () => wake.resolve();
  const gone = Promise.withResolvers<void>();
  stream.on("drain", go).once("close", () => {
    go();
    gone.resolve();
  });
  const iterator = body[Symbol.asyncIterator]();
  try {
    while (true) {
      // A body that waits for its sender for ever must not outlive the stream.
      const next = await Promise.race([iterator.next(), gone.promise]);
      if (next === undefined || stream.destroyed) {
        // Not awaited: it may hang in the read that was given up.
        void iterator.return?.().catch(() => {});
        return;
      }
      if (next.done) return void stream.end();
      wake = Promise.withResolvers();
      if (!stream.write(next.value)) await wake.promise;
      await backlog.drained();
    }
  } catch {
    if (!stream.destroyed) stream.close(INTERNAL_ERROR);
  }
}
