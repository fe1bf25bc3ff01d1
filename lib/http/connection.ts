import type { Identity } from "../../certs/identity.ts";

/** One accepted connection, as the routes see it. */
export interface Connection {
  /** Address and port of the peer, e.g. `127.0.0.1:51234`. */
  readonly remoteAddress: string;
  readonly protocol: "h2" | "http/1.1";
  /** Bytes handed to the socket that the peer has not taken yet. */
  readonly backlog: number;
  readonly closed: boolean;
  /**
   * Who the peer is, verified anew: a certificate that expired or was revoked since the handshake
   * is refused on the next request.
   *
   * @throws {WorkerError} `UNAUTHENTICATED`, saying what is wrong with the certificate.
   */
  identity(): Identity;
  /** Resolves when the backlog is small again, or the connection is closed. */
  drained(): Promise<void>;
}
