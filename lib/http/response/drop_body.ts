import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Incoming, Outgoing } from "../listener/listener_options.ts";

/** How long a peer may go on to send the body of a request that is answered, ms. */
const DRAIN_MS = 500;

/** RFC 9113, 7. Not taken from `node:http2`, which a server without it would have to load. */
const NO_ERROR = 0;

/** Lets go of what its peer still sends of a request once the answer has gone out. */
export function dropBody(incoming: Incoming, outgoing: Outgoing): void {
  if ("stream" in incoming) reset(incoming);
  else outgoing.once("close", () => drain(incoming));
}

/**
 * RFC 9113, 8.1: it asks the peer to stop, and the answer stands. The runtime does so itself where
 * nobody has begun to read.
 */
function reset({ stream }: Http2ServerRequest): void {
  stream.once("finish", () => {
    if (stream.readableFlowing === null || stream.readableEnded) return;
    if (!stream.closed) stream.close(NO_ERROR);
  });
}

/**
 * HTTP/1.1 has no way to ask for that, and the next request comes behind the body: it is read for a
 * moment, and then the connection ends.
 */
function drain(incoming: IncomingMessage): void {
  const { socket } = incoming;
  if (incoming.readableEnded || incoming.destroyed || socket.destroyed) return;
  const done = () => {
    clearTimeout(timer);
    incoming.off("end", done);
    socket.off("close", done);
  };
  const timer = setTimeout(() => {
    done();
    // What was answered still goes out.
    socket.destroySoon();
  }, DRAIN_MS);
  incoming.once("end", done);
  socket.once("close", done);
  incoming.resume();
}
