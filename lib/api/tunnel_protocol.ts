/** The application protocol (ALPN) by which a node asks a proxy's port for a tunnel. */
export const TUNNEL_PROTOCOL = "worker-tunnel/1";

/**
 * The request by which a proxy opens a stream to a node, always `POST`: what it sends and what is
 * answered are the bytes of a connection that somebody opened with CONNECT. Outside of `/v1`, so
 * that no path that a user may ask for leads to it.
 */
export const STREAM_PATH = "/_tunnel/stream";
