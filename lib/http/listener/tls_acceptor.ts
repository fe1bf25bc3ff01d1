import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import { TUNNEL_PROTOCOL } from "../../api/tunnel_protocol.ts";
import type { ListeningSocket } from "../../linux/listening_socket.ts";
import { formatSocketAddress } from "../../linux/socket_address.ts";
import type { ListenerCertificate } from "./listener_options.ts";

/** Between two looks whether connections wait that nobody accepts, ms. */
const LOOK_MS = 1_000;

/** Between two complaints about the same, ms. */
const COMPLAIN_MS = 60_000;

/** What a {@linkcode TlsAcceptor} accepts, and whom it tells. */
export interface TlsAcceptorOptions extends ListenerCertificate {
  sockets: readonly ListeningSocket[];
  /** Offers {@linkcode TUNNEL_PROTOCOL}, too, when it is there. */
  tunnel?: unknown;
  /** Until a handshake must be complete, ms. */
  handshakeTimeout: number;
  /** Somebody has connected. */
  onSocket(socket: Socket): void;
  /** The handshake is done. */
  onSecure(socket: TLSSocket): void;
  /** TLS did not come about; the socket is closed. */
  onFailure(socket: Socket, message: string): void;
  /** A listening socket failed. At most once a minute for each. */
  onError(message: string): void;
}

/** One listening socket and the server that accepts on it at present. */
interface Post {
  readonly socket: ListeningSocket;
  server: tls.Server;
  /** Whether anybody was accepted since the last look. */
  accepted: boolean;
  /** Whether at the last look somebody was waiting in vain. */
  stalled: boolean;
  complainedAt: number;
}

/**
 * Accepts TLS connections on sockets of others, with one `tls.Server` for each.
 *
 * When the process has no descriptor left, the runtime's server stops to accept for good and says
 * nothing. So somebody looks each second whether connections wait on a socket whose server accepts
 * none, and then puts another server in its place.
 */
export class TlsAcceptor {
  readonly #options: TlsAcceptorOptions;
  #certificate: ListenerCertificate;
  #posts: Post[] = [];
  /** Speaks TLS on sockets that somebody else accepted. */
  #handed: tls.Server | undefined;
  #stopped = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: TlsAcceptorOptions) {
    this.#options = options;
    this.#certificate = options;
  }

  /** Begins to accept. */
  async listen(): Promise<void> {
    for (const socket of this.#options.sockets) {
      const post: Post = {
        socket,
        server: this.#createServer(() => void (post.accepted = true)),
        accepted: false,
        stalled: false,
        complainedAt: -Infinity,
      };
      await open(post);
      this.#posts.push(post);
      post.server.on("error", ({ message }) => this.#complain(post, message));
    }
    // It may have been stopped meanwhile.
    if (this.#stopped) return;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Does the same with a socket that somebody else accepted, or one end of a pair. */
  accept(socket: Socket): void {
    if (this.#stopped) return void socket.destroy();
    this.#handed ??= this.#createServer(() => {});
    this.#handed.emit("connection", socket);
  }

  /** New handshakes use this one. */
  replaceCertificate(certificate: ListenerCertificate): void {
    this.#certificate = certificate;
    // It holds nothing: the next socket that is handed over gets another one.
    this.#handed = undefined;
    for (const { server } of this.#posts) {
      server.setSecureContext(
        tlsOptions(certificate, this.#options),
      );
    }
  }

  /** Accepts nobody more; whoever is connected stays so, and the sockets go on listening. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    for (const { server } of this.#posts) server.close();
    this.#posts = [];
  }

  #createServer(onAccept: () => void): tls.Server {
    const { handshakeTimeout, onSocket, onSecure, onFailure } = this.#options;
    const options = tlsOptions(this.#certificate, this.#options);
    const server = tls.createServer({ ...options, handshakeTimeout });
    server.on("connection", (socket) => {
      onAccept();
      onSocket(socket);
    });
    server.on("secureConnection", onSecure);
    server.on("tlsClientError", (error, socket) => {
      onFailure(socket, error.message);
      // The runtime reports a handshake that timed out but leaves its socket open.
      socket.destroy();
    });
    return server;
  }

  #look(): void {
    for (const post of this.#posts) {
      const waiting = post.socket.hasPending && !post.accepted;
      post.accepted = false;
      if (waiting && post.stalled) void this.#replace(post);
      post.stalled = waiting;
    }
  }

  async #replace(post: Post): Promise<void> {
    this.#complain(
      post,
      "connections wait and nobody accepts them, as when this process has too many open files",
    );
    post.server.close();
    post.server = this.#createServer(() => void (post.accepted = true));
    post.server.on("error", ({ message }) => this.#complain(post, message));
    try {
      await open(post);
      if (this.#stopped) post.server.close();
    } catch (error) {
      this.#complain(post, (error as Error).message);
    }
  }

  #complain(post: Post, message: string): void {
    if (performance.now() - post.complainedAt < COMPLAIN_MS) return;
    post.complainedAt = performance.now();
    const address = formatSocketAddress(post.socket.address);
    this.#options.onError(`"${address}": ${message}`);
  }
}

/** Lets the server accept on the socket; it closes its own descriptor of it. */
async function open({ socket, server }: Post): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ fd: socket.duplicate() }, resolve);
  await promise;
  server.off("error", reject);
}

function tlsOptions(
  { key, cert, ca }: ListenerCertificate,
  { tunnel }: Pick<TlsAcceptorOptions, "tunnel">,
): tls.TlsOptions {
  return {
    key: Buffer.from(key),
    cert: Buffer.from(cert),
    ca: Buffer.from(ca),
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.3",
    ALPNProtocols: [
      ...["h2", "http/1.1"],
      ...tunnel === undefined ? [] : [TUNNEL_PROTOCOL],
    ],
  };
}
