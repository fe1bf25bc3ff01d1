/** The request by which a proxy opens the control stream of a tunnel, always `POST`. */
export const CONTROL_PATH = "/_tunnel/control";

/** Bytes of one stream on their way that nobody has read: what a slow reader costs at most. */
export const STREAM_WINDOW_BYTES = 1 << 20;

/** The same of a whole connection, as far as its process has not even seen them. */
export const SESSION_WINDOW_BYTES = 8 << 20;

/** Requests that a tunnel carries at once, its control stream included. */
export const MAX_STREAMS = 512;

/** Header sections of either direction, as RFC 9113 counts them; beyond it the tunnel is cut. */
export const MAX_HEADER_BYTES = 64 * 1024;

/** Within this a node whose program is replaced, or its certificate, is back with another tunnel, ms. */
export const RETURN_WITHIN_MS = 5_000;

/** Until the handshake of TLS, and then until the hello of the peer, ms. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
