import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import type { Identity } from "../../certs/identity.ts";
import type { PeerVerifier } from "../../certs/verify.ts";
import { TUNNEL_PROTOCOL } from "../api/tunnel_protocol.ts";
import { HANDSHAKE_TIMEOUT_MS } from "./limits.ts";

/** The certificate of a node with its key, and the authorities it trusts. PEM texts. */
export interface TunnelCredentials {
  ca: string;
  cert: string;
  key: string;
}

/** How {@linkcode dialProxy} connects. */
export interface DialProxyOptions {
  credentials: TunnelCredentials;
  /** Judges the proxy's certificate. */
  verifier: Pick<PeerVerifier, "verify">;
  signal: AbortSignal;
  /** Until TLS must be there, the look-up of the name included, ms. @default {10_000} */
  handshakeTimeoutMs?: number;
}

/** A connection whose handshake is done, with nothing sent on it. */
export interface DialledProxy {
  socket: TLSSocket;
  /** Who answered, from its certificate. */
  identity: Identity;
  /** What was dialled. */
  address: string;
}

/**
 * Connects to a proxy at `host:port` by TLS 1.3 and verifies who answers, by the certificate
 * itself: the runtime's `authorized` is not asked. Any name will do, because the certificate says
 * which proxy it is and behind a balancer nobody knows in advance.
 *
 * @throws the signal's reason, or an error that says what was dialled and why it failed.
 */
export async function dialProxy(
  address: string,
  options: DialProxyOptions,
): Promise<DialledProxy> {
  const { signal, handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS } = options;
  signal.throwIfAborted();
  const socket = connect(address, options.credentials);
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
    throw new Error(`could not open a tunnel to "${address}": ${why}`, {
      cause,
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

function connect(
  address: string,
  { ca, cert, key }: TunnelCredentials,
): TLSSocket {
  const url = URL.parse(`tunnel://${address}`);
  if (!url || url.port === "" || url.host !== address) {
    throw new Error(
      `could not open a tunnel to "${address}": it is not a host and a port, as in "a.example:7443"`,
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
    ALPNProtocols: [TUNNEL_PROTOCOL],
  });
}

function identify(
  socket: TLSSocket,
  { verifier }: DialProxyOptions,
): Identity {
  if (socket.alpnProtocol !== TUNNEL_PROTOCOL) {
    throw new Error("it offers no tunnels");
  }
  const { raw } = socket.getPeerCertificate(true);
  if (raw === undefined) throw new Error("it showed no certificate");
  const identity = verifier.verify(new Uint8Array(raw), "server");
  if (identity.kind !== "proxy" && identity.kind !== "auth") {
    throw new Error(
      `the certificate of "${identity.name}" is that of a ${
        identity.kind ?? "stranger"
      }, not of a proxy`,
    );
  }
  socket.setNoDelay(true);
  return identity;
}
