/** Why the listener cut a connection that its peer had not ended. */
export type CutReason =
  /** No complete request within `headersTimeout`. */
  | "headers_timeout"
  /** No request for `idleTimeout`. */
  | "idle"
  /** Pings went unanswered. */
  | "unresponsive"
  /** A header section far above the limit, or requests that the runtime refused and can't free. */
  | "bad_headers"
  /** The oldest without a good certificate had to make room. */
  | "evicted"
  /** Something was under way for a peer whose certificate was revoked meanwhile. */
  | "revoked";

/** What happens at a listener, for its log. */
export type ListenerEvent =
  /** TLS did not come about: garbage, TLS 1.2, a time-out. */
  | { type: "handshake_failed"; remoteAddress: string; message: string }
  /** The client certificate is not good; the open routes still answer. */
  | { type: "certificate_refused"; remoteAddress: string; message: string }
  | { type: "cut"; remoteAddress: string; reason: CutReason }
  /** The peer broke the protocol or the connection broke. */
  | { type: "peer_error"; remoteAddress: string; message: string }
  /** The handler threw: a defect of the handler. */
  | { type: "handler_error"; remoteAddress: string; error: unknown }
  /** The listening socket itself failed, e.g. for want of file descriptors. */
  | { type: "listener_error"; message: string };
