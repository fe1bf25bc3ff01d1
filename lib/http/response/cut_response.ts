import type { Outgoing } from "../listener/listener_options.ts";

/** RFC 9113, 7. Not taken from `node:http2`, which a server without it would have to load. */
const INTERNAL_ERROR = 2;

/** How long what was written may take to go out before a response is cut, ms. */
const FLUSH_MS = 50;

/**
 * Ends a response whose client is to go on elsewhere: what was written still goes out, and the
 * client sees that it is not all.
 */
export function leaveResponse(outgoing: Outgoing): void {
  if (!("stream" in outgoing)) outgoing.socket?.end();
  const timer = setTimeout(() => cutResponse(outgoing), FLUSH_MS);
  outgoing.once("close", () => clearTimeout(timer));
}

/**
 * Ends a response before it is complete, so that the client sees that it is not: on HTTP/2
 * `destroy` would look like its regular end.
 */
export function cutResponse(outgoing: Outgoing): void {
  if ("stream" in outgoing) {
    // The stream is gone where the client has left.
    outgoing.stream?.close(INTERNAL_ERROR);
  } else outgoing.destroy();
}
