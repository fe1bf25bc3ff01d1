import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { CertificateError } from "../../../certs/errors.ts";
import type { Identity } from "../../../certs/identity.ts";
import { WorkerError } from "../../api/errors.ts";
import { formatSocketAddress } from "../../linux/socket_address.ts";
import type { Connection } from "../connection.ts";
import type { CutReason } from "./listener_event.ts";
import { SocketBacklog } from "./socket_backlog.ts";
import { originOf } from "./origin.ts";

/** What the certificate of a peer was found to be. */
export type Verification =
  | { state: "verified"; identity: Identity }
  | { state: "missing" }
  | { state: "refused"; message: string };

/** What a connection needs of its listener. */
export interface TlsConnectionOptions {
  /** The address of the peer, see {@linkcode addressOf}. */
  remoteAddress: string;
  verification: Verification;
  recheck(identity: Identity): void;
  /** See {@linkcode Connection.draining}. */
  draining: AbortSignal;
  headersTimeout: number;
  idleTimeout: number;
  /** Called before the connection is cut. */
  onCut(reason: CutReason): void;
}

/**
 * A {@linkcode Connection} over a TLS socket. It counts the open requests and ends itself when
 * there is none for too long; what ends it gracefully is the protocol's (`finish`).
 */
export class TlsConnection implements Connection {
  readonly remoteAddress: string;
  readonly protocol: "h2" | "http/1.1";
  /** Ends the connection once its requests are done; set by the server of its protocol. */
  finish: () => void = () => this.destroy();
  #options: TlsConnectionOptions;
  #openRequests = 0;
  #requests = 0;
  #certificate: Uint8Array | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #backlog: SocketBacklog;
  #closed = Promise.withResolvers<void>();

  constructor(readonly socket: TLSSocket, options: TlsConnectionOptions) {
    this.#options = options;
    this.remoteAddress = options.remoteAddress;
    this.protocol = socket.alpnProtocol === "h2" ? "h2" : "http/1.1";
    this.#backlog = new SocketBacklog(socket);
    socket.once("close", () => {
      clearTimeout(this.#timer);
      this.#closed.resolve();
    });
    this.#expectRequest(options.headersTimeout, "headers_timeout");
  }

  get backlog(): number {
    // The raw socket answers whatever became of the session; session.socket would throw.
    return this.#backlog.bytes;
  }

  get closed(): boolean {
    return this.socket.destroyed;
  }

  get draining(): AbortSignal {
    return this.#options.draining;
  }

  get certificate(): Uint8Array | null {
    if (!this.verified || this.closed) return null;
    // Asked for with each request that is passed on, and the runtime parses the chain each time.
    this.#certificate ??= this.#readCertificate();
    return this.#certificate;
  }

  /** True until the first request came. */
  get fresh(): boolean {
    return this.#requests === 0;
  }

  /** Resolves when the socket is closed. */
  get whenClosed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Requests that are not answered completely. */
  get openRequests(): number {
    return this.#openRequests;
  }

  /** True when the peer has shown a certificate that was good at the handshake. */
  get verified(): boolean {
    return this.#options.verification.state === "verified";
  }

  /** Bytes that came from the peer. */
  get received(): number {
    return this.#backlog.received;
  }

  /** Bytes that the kernel has taken for the peer. */
  get sent(): number {
    return this.#backlog.sent;
  }

  identity(): Identity {
    const { verification, recheck } = this.#options;
    switch (verification.state) {
      case "missing":
        throw new WorkerError(
          "UNAUTHENTICATED",
          "no client certificate was sent: connect with a certificate that this server's authority issued",
        );
      case "refused":
        throw new WorkerError("UNAUTHENTICATED", verification.message);
      case "verified":
        try {
          recheck(verification.identity);
        } catch (error) {
          throw new WorkerError("UNAUTHENTICATED", messageOf(error), {
            cause: error,
          });
        }
        return verification.identity;
    }
  }

  /** Whether something is under way for a peer whose certificate was revoked meanwhile. */
  get servesRevoked(): boolean {
    const { verification, recheck } = this.#options;
    if (this.#openRequests === 0 || verification.state !== "verified") {
      return false;
    }
    try {
      recheck(verification.identity);
      return false;
    } catch (error) {
      return error instanceof CertificateError && error.reason === "revoked";
    }
  }

  drained(): Promise<void> {
    return this.#backlog.drained();
  }

  /** Counts a request as open until the function it returns is called. */
  openRequest(): () => void {
    this.#openRequests++;
    this.#requests++;
    clearTimeout(this.#timer);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      if (--this.#openRequests > 0 || this.closed) return;
      this.#expectRequest(this.#options.idleTimeout, "idle");
    };
  }

  /** Cuts the connection at once, and tells the reason. */
  cut(reason: CutReason): void {
    this.#options.onCut(reason);
    this.destroy();
  }

  /** Cuts the connection at once. */
  destroy(): void {
    this.socket.destroy();
  }

  #readCertificate(): Uint8Array | null {
    const { raw } = this.socket.getPeerCertificate(true);
    return raw ? new Uint8Array(raw) : null;
  }

  // Of our own and not the socket's time-out, which every byte restarts: headers that trickle in
  // would keep a connection for ever.
  #expectRequest(withinMs: number, reason: CutReason): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.cut(reason), withinMs);
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * `host:port` of a socket's peer, with brackets around IPv6; `"unknown"` once it is gone. Of one
 * that was handed over, the address it was handed over with.
 */
export function addressOf(
  socket: {
    remoteAddress?: string | undefined;
    remotePort?: number | undefined;
  },
): string {
  const origin = originOf(socket);
  if (origin) return origin.remoteAddress;
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined) return "unknown";
  return formatSocketAddress({
    // A socket of both families shows IPv4 as a part of IPv6.
    hostname: remoteAddress.replace(/^::ffff:(?=\d+\.)/, ""),
    port: remotePort ?? 0,
  });
}

/** A name of the peer of a socket that the TLS socket above it has too, and no other one. */
export function peerOf(socket: Socket): string {
  return originOf(socket)?.peer ??
    `${addressOf(socket)} at ${socket.localAddress}:${socket.localPort}`;
}
