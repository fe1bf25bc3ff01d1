/** The application protocol (ALPN) by which a node asks a proxy's port for a tunnel. */
export const TUNNEL_PROTOCOL = "worker-tunnel/1";
