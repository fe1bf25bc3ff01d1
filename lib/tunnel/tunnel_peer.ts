import type { TLSSocket } from "node:tls";
import type { Identity } from "../../certs/identity.ts";

/** A connection that a listener accepted for a tunnel, its handshake done. */
export interface TunnelPeer {
  readonly socket: TLSSocket;
  /** Address and port, e.g. `127.0.0.1:51234`. */
  readonly remoteAddress: string;
  /**
   * Who it is, by a certificate that this process verified.
   *
   * @throws an error that says what is wrong with the certificate, or that there was none.
   */
  identity(): Identity;
  /** How its listener ends it when it closes; set by who took the connection over. */
  finish: () => void;
}
