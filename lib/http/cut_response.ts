import { constants } from "node:http2";
import type { Outgoing } from "./listener_options.ts";

/**
 * Ends a response before it is complete, so that the client sees that it is not: on HTTP/2
 * `destroy` would look like its regular end.
 */
export function cutResponse(outgoing: Outgoing): void {
  if ("stream" in outgoing) {
    // The stream is gone where the client has left.
    outgoing.stream?.close(constants.NGHTTP2_INTERNAL_ERROR);
  } else outgoing.destroy();
}
