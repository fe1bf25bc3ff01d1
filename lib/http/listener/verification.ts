import type { TLSSocket } from "node:tls";
import type { TlsListenerOptions } from "./listener_options.ts";
import { messageOf, type Verification } from "./tls_connection.ts";

/**
 * Judges the certificate that the peer of a socket has shown. The certificate itself and for resumed
 * sessions too: of those `authorized` is true whatever certificate the first handshake showed, and
 * tickets are good on every server of the process.
 */
export function verificationOf(
  socket: TLSSocket,
  { verify }: Pick<TlsListenerOptions, "verify">,
): Verification {
  const { raw } = socket.getPeerCertificate(true);
  if (raw === undefined) return { state: "missing" };
  try {
    return { state: "verified", identity: verify(new Uint8Array(raw)) };
  } catch (error) {
    return { state: "refused", message: messageOf(error) };
  }
}
