import { Buffer } from "node:buffer";
import type { AddressInfo, Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import { setConnection } from "./connection.ts";
import { HalfOpen } from "./half_open.ts";
import { HardenedHttp1 } from "./hardened_http1.ts";
import { HardenedHttp2 } from "./hardened_http2.ts";
import type { CutReason, ListenerEvent } from "./listener_event.ts";
import {
  DEFAULT_LISTENER_LIMITS,
  type ListenerLimits,
} from "./listener_limits.ts";
import type {
  Incoming,
  ListenerCertificate,
  Outgoing,
  TlsListenerOptions,
} from "./listener_options.ts";
import { dispatch } from "./dispatch.ts";
import {
  addressOf,
  messageOf,
  TlsConnection,
  type Verification,
} from "./tls_connection.ts";

/** Silence until the kernel asks whether the peer's host is still there. */
const KEEP_ALIVE_MS = 30_000;

/**
 * HTTP/2 and HTTP/1.1 over TLS 1.3 on one port.
 *
 * A client certificate is asked for but not demanded: some routes are open, and a client with an
 * expired certificate gets an answer that says so instead of a reset. `Connection.identity()` is
 * the one door: it throws unless this process itself verified the certificate, because the
 * runtime's `authorized` is true for any certificate once a TLS session is resumed.
 */
export class TlsListener implements AsyncDisposable {
  #options: TlsListenerOptions;
  #limits: ListenerLimits;
  #server: tls.Server;
  #http1: HardenedHttp1;
  #http2: HardenedHttp2;
  #connections = new Set<TlsConnection>();
  #unverified: HalfOpen<{ destroy(): void }>;
  #closing: Promise<void> | undefined;

  private constructor(options: TlsListenerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LISTENER_LIMITS, ...options.limits };
    this.#unverified = new HalfOpen(
      this.#limits.maxUnverified,
      (remoteAddress) => this.#cut(remoteAddress, "evicted"),
    );
    const inner = {
      limits: this.#limits,
      onRequest: (
        connection: TlsConnection,
        incoming: Incoming,
        outgoing: Outgoing,
      ) => void this.#serve(connection, incoming, outgoing),
      onError: ({ remoteAddress }: TlsConnection, message: string) =>
        this.#log({ type: "peer_error", remoteAddress, message }),
      onCut: ({ remoteAddress }: TlsConnection, reason: CutReason) =>
        this.#cut(remoteAddress, reason),
    };
    this.#http1 = new HardenedHttp1(inner);
    this.#http2 = new HardenedHttp2(inner);
    this.#server = tls.createServer({
      ...tlsOptions(options),
      handshakeTimeout: this.#limits.handshakeTimeout,
    });
    this.#server.maxConnections = this.#limits.maxConnections;
    this.#server.on("connection", (socket) => this.#onSocket(socket));
    this.#server.on("secureConnection", (socket) => this.#onSecure(socket));
    this.#server.on("tlsClientError", (error, socket) => {
      const { message } = error;
      const remoteAddress = addressOf(socket);
      this.#log({ type: "handshake_failed", remoteAddress, message });
      // The runtime reports a handshake that timed out but leaves its socket open.
      socket.destroy();
    });
  }

  /** Listens; rejects when the address can't be had. */
  static async listen(options: TlsListenerOptions): Promise<TlsListener> {
    const listener = new TlsListener(options);
    await listener.#listen();
    return listener;
  }

  /** Where it listens; the port is the real one. */
  get address(): { hostname: string; port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { hostname: address, port };
  }

  /** Connections whose handshake is done. */
  get connections(): number {
    return this.#connections.size;
  }

  /** New handshakes use these; connections that are open go on as they are. */
  replaceCertificate(certificate: ListenerCertificate): void {
    this.#server.setSecureContext(tlsOptions(certificate));
  }

  /**
   * Accepts nothing more, lets open requests finish, and resolves once every socket is closed.
   * What is still open `deadlineMs` later is cut. A second call may only shorten the deadline.
   *
   * @default {10_000} deadlineMs
   */
  close(options: { deadlineMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close();
    const timer = setTimeout(
      () => this.#destroyAll(),
      options.deadlineMs ?? 10_000,
    );
    return this.#closing.finally(() => clearTimeout(timer));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close({ deadlineMs: 0 });
  }

  async #listen(): Promise<void> {
    const { hostname, port } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen({ host: hostname, port }, resolve);
    try {
      await promise;
    } catch (cause) {
      throw new Error(
        `listening on "${hostname}:${port}" failed: ${messageOf(cause)}`,
        { cause },
      );
    }
    this.#server.off("error", reject);
    this.#server.on("error", (error) => {
      this.#log({ type: "listener_error", message: error.message });
    });
  }

  #onSocket(socket: Socket): void {
    socket.on("error", () => {});
    const address = addressOf(socket);
    if (this.#closing !== undefined) return void socket.destroy();
    this.#unverified.add(address, socket);
    socket.once("close", () => this.#unverified.remove(address));
  }

  #onSecure(socket: TLSSocket): void {
    const remoteAddress = addressOf(socket);
    socket.on("error", ({ message }) => {
      this.#log({ type: "peer_error", remoteAddress, message });
    });
    if (socket.destroyed || this.#closing !== undefined) {
      return void socket.destroy();
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const verification = this.#verify(socket);
    const connection = new TlsConnection(socket, {
      remoteAddress,
      verification,
      recheck: this.#options.recheck,
      headersTimeout: this.#limits.headersTimeout,
      idleTimeout: this.#limits.idleTimeout,
      onCut: (reason) => this.#cut(remoteAddress, reason),
    });
    if (connection.verified) this.#unverified.remove(remoteAddress);
    else this.#unverified.add(remoteAddress, connection);
    if (verification.state === "refused") {
      const { message } = verification;
      this.#log({ type: "certificate_refused", remoteAddress, message });
    }
    this.#connections.add(connection);
    socket.once("close", () => {
      this.#connections.delete(connection);
      this.#unverified.remove(remoteAddress);
    });
    const http = connection.protocol === "h2" ? this.#http2 : this.#http1;
    http.accept(connection);
  }

  // On the certificate itself and for resumed sessions too: of those `authorized` is true whatever
  // certificate the first handshake showed, and tickets are good on every server of the process.
  #verify(socket: TLSSocket): Verification {
    const { raw } = socket.getPeerCertificate(true);
    if (raw === undefined) return { state: "missing" };
    try {
      const identity = this.#options.verify(new Uint8Array(raw));
      return { state: "verified", identity };
    } catch (error) {
      return { state: "refused", message: messageOf(error) };
    }
  }

  #serve(
    connection: TlsConnection,
    incoming: Incoming,
    outgoing: Outgoing,
  ): void {
    setConnection(incoming, connection);
    if (this.#closing !== undefined && connection.protocol === "http/1.1") {
      outgoing.setHeader("connection", "close");
    }
    const { handler } = this.#options;
    const { maxHeaderBytes } = this.#limits;
    dispatch({ connection, incoming, outgoing }, {
      handler,
      maxHeaderBytes,
      onError: (error) => {
        const { remoteAddress } = connection;
        this.#log({ type: "handler_error", remoteAddress, error });
      },
    });
    // After dispatch, whose own listener counts the request as done.
    outgoing.once("close", () => {
      if (this.#closing !== undefined) connection.finish();
    });
  }

  async #close(): Promise<void> {
    const closed = Promise.withResolvers<void>();
    this.#server.close(() => closed.resolve());
    for (const socket of this.#unverified) {
      if (!(socket instanceof TlsConnection)) socket.destroy();
    }
    for (const connection of this.#connections) connection.finish();
    await closed.promise;
    await Promise.all([...this.#connections].map((each) => each.whenClosed));
  }

  #destroyAll(): void {
    for (const socket of this.#unverified) socket.destroy();
    for (const connection of this.#connections) connection.destroy();
  }

  #cut(remoteAddress: string, reason: CutReason): void {
    this.#log({ type: "cut", remoteAddress, reason });
  }

  #log(event: ListenerEvent): void {
    this.#options.log?.(event);
  }
}

function tlsOptions({ key, cert, ca }: ListenerCertificate): tls.TlsOptions {
  return {
    key: Buffer.from(key),
    cert: Buffer.from(cert),
    ca: Buffer.from(ca),
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.3",
    ALPNProtocols: ["h2", "http/1.1"],
  };
}
