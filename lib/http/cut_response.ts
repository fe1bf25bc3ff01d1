import type { Outgoing } from "./listener_options.ts";

/** RFC 9113, 7. Not taken from `node:http2`, which a server without it would have to load. */
const INTERNAL_ERROR = 2;

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
