import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import type { Identity } from "../../certs/identity.ts";
import type { PeerVerifier } from "../../certs/verify.ts";
import { HANDSHAKE_TIMEOUT_MS } from "./limits.ts";

/** The certificate of a member with its key, and the authorities it trusts. PEM texts. */
export interface TunnelCredentials {
  ca: string;
  cert: string;
  key: string;
}

/** How a member connects to another one. */
export interface DialOptions {
  credentials: TunnelCredentials;
  /** Judges the certificate of who answers. */
  verifier: Pick<PeerVerifier, "verify">;
  signal: AbortSignal;
  /** Until TLS must be there, the look-up of the name included, ms. @default {10_000} */
  handshakeTimeoutMs?: number;
}

/** What is spoken over the connection, and with whom. */
export interface DialPurpose {
  /** The protocol that both ends must choose (ALPN). */
  protocol: string;
  /** What errors say could not be done, as in `open a tunnel to`. */
  action: string;
  /** What errors say of a peer that does not speak the protocol. */
  unspoken: string;
  /** Throws when it is the certificate of somebody else. */
  expect(identity: Identity): void;
}

/** A connection whose handshake is done, with nothing sent on it. */
export interface DialledPeer {
  socket: TLSSocket;
  /** Who answered, from its certificate. */
  identity: Identity;
  /** What was dialled. */
  address: string;
}

/**
 * Connects to `host:port` by TLS 1.3 and verifies who answers, by the certificate itself: the
 * runtime's `authorized` is not asked. Any host name will do; whose certificate it is, is up to
 * `expect`.
 *
 * @throws the signal's reason, or an error that says what was dialled and why it failed.
 */
export async function dialPeer(
  address: string,
  options: DialOptions & DialPurpose,
): Promise<DialledPeer> {
  const { signal, action, handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS } = options;
  signal.throwIfAborted();
  const socket = connect(address, options);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new Error(`no handshake within ${handshakeTimeoutMs} ms`)),
    handshakeTimeoutMs,
  );
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  // Stays for good: an 'error' that nobody listens to ends the process.
  socket.on("error", reject);
  socket.once("close", () => reject(new Error("the connection was closed")));
  socket.once("secureConnect", resolve);
  try {
    await promise;
    return { socket, identity: identify(socket, options), address };
  } catch (cause) {
    socket.destroy();
    if (signal.aborted) throw signal.reason;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`could not ${action} "${address}": ${why}`, { cause });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

function connect(
  address: string,
  { credentials: { ca, cert, key }, action, protocol }:
    & DialOptions
    & DialPurpose,
): TLSSocket {
  const url = URL.parse(`tunnel://${address}`);
  if (!url || url.port === "" || url.host !== address) {
    throw new Error(
      `could not ${action} "${address}": it is not a host and a port, as in "a.example:7443"`,
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return tls.connect({
    host,
    port: Number(url.port),
    ...(isIP(host) === 0 && { servername: host }),
    ca: Buffer.from(ca),
    cert: Buffer.from(cert),
    key: Buffer.from(key),
    // Whose certificate it is, is judged below; that the peer has its key, the runtime checks.
    rejectUnauthorized: false,
    minVersion: "TLSv1.3",
    ALPNProtocols: [protocol],
  });
}

function identify(
  socket: TLSSocket,
  { verifier, protocol, unspoken, expect }: DialOptions & DialPurpose,
): Identity {
  if (socket.alpnProtocol !== protocol) throw new Error(unspoken);
  const { raw } = socket.getPeerCertificate(true);
  if (raw === undefined) throw new Error("it showed no certificate");
  const identity = verifier.verify(new Uint8Array(raw), "server");
  expect(identity);
  socket.setNoDelay(true);
  return identity;
}
