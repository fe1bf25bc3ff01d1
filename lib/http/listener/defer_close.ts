/** A session as far as {@linkcode deferClose} needs it. */
interface Closable {
  close(callback?: () => void): void;
  destroy(error?: Error, code?: number): void;
}

/**
 * Moves `close` and `destroy` of an HTTP/2 session, server's or client's, out of the call that
 * asks for them.
 *
 * The runtime destroys a session inside nghttp2's receive callback when a GOAWAY arrives, and
 * nghttp2 then walks streams that are freed: `find_stream_on_goaway_func` asserts, or the heap is
 * corrupt, and the whole process ends by SIGABRT or SIGSEGV. No handler sees it. Any peer can do
 * it, without a certificate. One turn of the event loop later the callback has returned and
 * closing is safe.
 */
export function deferClose(session: Closable): void {
  const { close, destroy } = session;
  session.close = (...args) =>
    void setImmediate(() => close.apply(session, args));
  session.destroy = (...args) =>
    void setImmediate(() => destroy.apply(session, args));
}
