import type { Identity } from "../../certs/identity.ts";
import type { Incoming } from "./listener/listener_options.ts";

/** One accepted connection, as the routes see it. */
export interface Connection {
  /** Address and port of the peer, e.g. `127.0.0.1:51234`. */
  readonly remoteAddress: string;
  readonly protocol: "h2" | "http/1.1";
  /** Bytes handed to the socket that the peer has not taken yet. */
  readonly backlog: number;
  readonly closed: boolean;
  /**
   * Aborted when the listener begins to close: what would go on for an unknown time, such as
   * following a job, ends here, so that the client goes on elsewhere.
   */
  readonly draining: AbortSignal;
  /**
   * The certificate (DER) of a peer that `identity` is read from, to be passed on; null when there is
   * none, or when it is not this peer's own.
   */
  readonly certificate: Uint8Array | null;
  /** The proxy that passed the request on; absent when the peer itself asks. */
  readonly via?: string;
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

const connections = new WeakMap<Incoming, Connection>();

/** Notes the connection of a request, before any handler sees it. Every listener does so. */
export function setConnection(
  incoming: Incoming,
  connection: Connection,
): void {
  connections.set(incoming, connection);
}

/**
 * The connection that a request came in on.
 *
 * @throws {TypeError} when no listener of this folder handed the request out.
 */
export function connectionOf(incoming: Incoming): Connection {
  const connection = connections.get(incoming);
  if (connection === undefined) {
    throw new TypeError("the request did not come through a listener");
  }
  return connection;
}
