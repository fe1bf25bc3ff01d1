import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { TUNNEL_PROTOCOL } from "../../api/tunnel_protocol.ts";
import type { SocketAddress } from "../../linux/socket_address.ts";
import { refuseConnect } from "../connect/refuse_connect.ts";
import { setConnection } from "../connection.ts";
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
import { Draining } from "./draining.ts";
import { noteOrigin } from "./origin.ts";
import { TlsAcceptor } from "./tls_acceptor.ts";
import { addressOf, peerOf, TlsConnection } from "./tls_connection.ts";
import { verificationOf } from "./verification.ts";

/** Silence until the kernel asks whether the peer's host is still there. */
const KEEP_ALIVE_MS = 30_000;

/**
 * How long a closing listener waits for handshakes and for the request that follows, when somebody
 * has only just connected: on a busy host that takes a while, and they would be told nothing.
 */
const GRACE_MS = 1_000;

/**
 * HTTP/2 and HTTP/1.1 over TLS 1.3 on the same ports. Limits count for all of them together.
 *
 * A client certificate is asked for but not demanded: some routes are open, and a client with an
 * expired certificate gets an answer that says so instead of a reset. `Connection.identity()` is
 * the one door: it throws unless this process itself verified the certificate, because the
 * runtime's `authorized` is true for any certificate once a TLS session is resumed.
 */
export class TlsListener implements AsyncDisposable {
  #options: TlsListenerOptions;
  #limits: ListenerLimits;
  #acceptor: TlsAcceptor;
  #http1: HardenedHttp1;
  #http2: HardenedHttp2;
  /** All that were accepted, by peer. */
  #sockets = new Map<string, Socket>();
  /** Those whose handshake is done. */
  #connections = new Set<TlsConnection>();
  #unverified: HalfOpen<Socket | TlsConnection>;
  readonly #draining = new Draining();
  #closing: Promise<void> | undefined;
  /** Called when the last socket is closed. */
  #empty: (() => void) | undefined;

  private constructor(options: TlsListenerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LISTENER_LIMITS, ...options.limits };
    this.#unverified = new HalfOpen(
      this.#limits.maxUnverified,
      (socket) => {
        const address = socket instanceof TlsConnection
          ? socket.remoteAddress
          : addressOf(socket);
        this.#cut(address, "evicted");
      },
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
      onConnect: options.connect ?? refuseConnect,
      onCut: ({ remoteAddress }: TlsConnection, reason: CutReason) =>
        this.#cut(remoteAddress, reason),
    };
    this.#http1 = new HardenedHttp1(inner);
    this.#http2 = new HardenedHttp2(inner);
    this.#acceptor = new TlsAcceptor({
      ...options,
      handshakeTimeout: this.#limits.handshakeTimeout,
      onSocket: (socket) => this.#onSocket(socket),
      onSecure: (socket) => this.#onSecure(socket),
      onFailure: (socket, message) => {
        const remoteAddress = addressOf(socket);
        this.#log({ type: "handshake_failed", remoteAddress, message });
      },
      onError: (message) => this.#log({ type: "listener_error", message }),
    });
  }

  /** Serves whoever connects to the sockets, until it is closed. */
  static async listen(options: TlsListenerOptions): Promise<TlsListener> {
    const listener = new TlsListener(options);
    await listener.#acceptor.listen();
    return listener;
  }

  /** Where it listens; the ports are the real ones. */
  get addresses(): SocketAddress[] {
    return this.#options.sockets.map(({ address }) => address);
  }

  /** Connections whose handshake is done. */
  get connections(): number {
    return this.#connections.size;
  }

  /** New handshakes use these; connections that are open go on as they are. */
  replaceCertificate(certificate: ListenerCertificate): void {
    this.#acceptor.replaceCertificate(certificate);
  }

  /** Cuts what is under way for who was revoked meanwhile; tunnels are their server's. */
  cutRevoked(): void {
    for (const connection of this.#connections) {
      if (connection.socket.alpnProtocol === TUNNEL_PROTOCOL) continue;
      if (connection.servesRevoked) connection.cut("revoked");
    }
  }

  /** Serves a socket that has no address, e.g. one end of a pair, as if from that one. */
  accept(socket: Socket, { remoteAddress }: { remoteAddress: string }): void {
    noteOrigin(socket, remoteAddress);
    this.#acceptor.accept(socket);
  }

  /** Accepts nobody more; who is connected is served on. Others may accept on the same sockets. */
  stopAccepting(): void {
    this.#acceptor.stop();
  }

  /**
   * Accepts nobody more, tells {@linkcode Connection.draining}, lets open requests finish, and
   * resolves once every connection is closed. What is still open `deadlineMs` later is cut. A second
   * call may only shorten the deadline. `lingerMs` passes before those who drain are told.
   *
   * Connections end in good order: HTTP/2 by GOAWAY; HTTP/1.1 by `connection: close` or, between two
   * requests, by close_notify. Whoever has just connected may still send a request.
   *
   * @default {10_000} deadlineMs
   * @default {0} lingerMs
   */
  close({ deadlineMs = 10_000, lingerMs = 0 } = {}): Promise<void> {
    this.#closing ??= this.#close(lingerMs);
    const timer = setTimeout(() => this.#destroyAll(), deadlineMs);
    return this.#closing.finally(() => clearTimeout(timer));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close({ deadlineMs: 0 });
  }

  #onSocket(socket: Socket): void {
    socket.on("error", () => {});
    if (this.#sockets.size >= this.#limits.maxConnections) {
      return void socket.destroy();
    }
    const peer = peerOf(socket);
    this.#sockets.set(peer, socket);
    this.#unverified.add(peer, socket);
    socket.once("close", () => this.#forget(peer, socket));
  }

  #forget(peer: string, socket: Socket | undefined): void {
    // The same port may have come again meanwhile.
    if (this.#sockets.get(peer) !== socket) return;
    this.#sockets.delete(peer);
    this.#unverified.remove(peer);
    if (this.#sockets.size === 0) this.#empty?.();
  }

  #onSecure(socket: TLSSocket): void {
    const remoteAddress = addressOf(socket);
    socket.on("error", ({ message }) => {
      this.#log({ type: "peer_error", remoteAddress, message });
    });
    if (socket.destroyed) return;
    const peer = peerOf(socket);
    // The socket below a TLS one that closes is not always said to be closed.
    const below = this.#sockets.get(peer);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const verification = verificationOf(socket, this.#options);
    const connection = new TlsConnection(socket, {
      remoteAddress,
      verification,
      recheck: this.#options.recheck,
      draining: this.#draining.signal,
      headersTimeout: this.#limits.headersTimeout,
      idleTimeout: this.#limits.idleTimeout,
      onCut: (reason) => this.#cut(remoteAddress, reason),
    });
    if (connection.verified) this.#unverified.remove(peer);
    else this.#unverified.add(peer, connection);
    if (verification.state === "refused") {
      const { message } = verification;
      this.#log({ type: "certificate_refused", remoteAddress, message });
    }
    this.#connections.add(connection);
    socket.once("close", () => {
      this.#connections.delete(connection);
      this.#forget(peer, below);
    });
    if (socket.alpnProtocol === TUNNEL_PROTOCOL) {
      // Counts as a request that never ends: a tunnel may be idle for ever.
      connection.openRequest();
      return void this.#options.tunnel?.(connection);
    }
    const http = connection.protocol === "h2" ? this.#http2 : this.#http1;
    http.accept(connection);
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

  async #close(lingerMs: number): Promise<void> {
    using draining = this.#draining;
    this.#acceptor.stop();
    const fresh = [...this.#connections].filter(({ fresh }) => fresh);
    const some = fresh.length > 0 ||
      this.#sockets.size > this.#connections.size;
    for (const connection of this.#connections) {
      if (!connection.fresh) connection.finish();
    }
    draining.begin(lingerMs);
    if (some) await this.#grace();
    for (const connection of this.#connections) connection.finish();
    for (const socket of this.#unverified) {
      if (!(socket instanceof TlsConnection)) socket.destroy();
    }
    await this.#allClosed();
  }

  /** Lets handshakes that are under way come to an end, and their requests arrive. */
  async #grace(): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, GRACE_MS);
    this.#empty = over.resolve;
    if (this.#sockets.size > 0) await over.promise;
    clearTimeout(timer);
  }

  async #allClosed(): Promise<void> {
    const closed = Promise.withResolvers<void>();
    this.#empty = closed.resolve;
    if (this.#sockets.size > 0) await closed.promise;
    // A socket of TLS closes a moment after the one below it.
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
