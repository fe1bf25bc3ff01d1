/** What a peer may take of a listener. Times in milliseconds, sizes in bytes. */
export interface ListenerLimits {
  /** Sockets in all; the next one is closed at once. @default {1024} */
  maxConnections: number;
  /**
   * Sockets without a good client certificate: in their handshake, or at the open routes only.
   * For a new one the oldest goes, as in a SYN queue, so that a flood of half-open handshakes
   * can't lock out a client whose handshake takes milliseconds. @default {128}
   */
  maxUnverified: number;
  /** Until a TLS handshake must be complete. @default {10_000} */
  handshakeTimeout: number;
  /** From the handshake until the headers of the first request are complete. @default {10_000} */
  headersTimeout: number;
  /** Without an open request, until the connection is closed. @default {120_000} */
  idleTimeout: number;
  /**
   * Header section of a request, each field counted with 32 bytes more. A larger one is answered
   * with 431, over HTTP/2 the connection is cut at twice as much. @default {32_768}
   */
  maxHeaderBytes: number;
  /** Open requests of one HTTP/2 connection. @default {256} */
  maxConcurrentStreams: number;
  /** Between two pings of an HTTP/2 peer that has requests open. @default {30_000} */
  pingInterval: number;
  /** Pings in a row without a sign of life, until the connection is cut. @default {3} */
  maxUnansweredPings: number;
}

/** The defaults of {@linkcode ListenerLimits}. */
export const DEFAULT_LISTENER_LIMITS: Readonly<ListenerLimits> = {
  maxConnections: 1024,
  maxUnverified: 128,
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  idleTimeout: 120_000,
  maxHeaderBytes: 32 * 1024,
  maxConcurrentStreams: 256,
  pingInterval: 30_000,
  maxUnansweredPings: 3,
};
