import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { getLogger } from "@logtape/logtape";
import { peerCredentials } from "../linux/peer_credentials.ts";
import { ShortPath } from "../linux/short_path.ts";

const logger = getLogger(["worker", "jobhost"]);

/** How {@linkcode UnixListener.listen} listens. */
export interface UnixListenerOptions {
  /** The socket's path, in a folder of which nobody else may rename files. */
  path: string;
  /** Who may connect; everybody else is cut off before a byte is read. */
  uids: ReadonlySet<number>;
  /** Who gets the socket's file, which only its owner and root can connect to. @default this process */
  owner?: number | undefined;
  /** Answers requests. */
  handler(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>;
}

/**
 * HTTP/1.1 on a unix socket that only its owner can open, and that asks the kernel who did.
 *
 * It closes no connection for being quiet: its peers keep theirs open and would meet it half closed.
 */
export class UnixListener implements AsyncDisposable {
  readonly #server: http.Server;
  readonly #options: UnixListenerOptions;
  readonly #short: ShortPath;

  private constructor(options: UnixListenerOptions) {
    this.#options = options;
    this.#short = new ShortPath(options.path);
    this.#server = http.createServer({
      headersTimeout: 0,
      requestTimeout: 0,
      keepAliveTimeout: 0,
    });
    this.#server.on("connection", (socket) => this.#admit(socket));
    this.#server.on(
      "request",
      (incoming, outgoing) => void this.#serve(incoming, outgoing),
    );
    this.#server.on("clientError", (_error, socket) => void socket.destroy());
  }

  /** Listens; the path must not exist. */
  static async listen(options: UnixListenerOptions): Promise<UnixListener> {
    const listener = new UnixListener(options);
    const server = listener.#server;
    const listening = Promise.withResolvers<void>();
    server.once("error", listening.reject);
    // The socket is made in this call: nobody else can connect between its making and a chmod.
    const umask = Deno.umask(0o177);
    try {
      server.listen(listener.#short.path, () => listening.resolve());
    } finally {
      Deno.umask(umask);
    }
    await listening.promise;
    server.off("error", listening.reject);
    const { path, owner } = options;
    if (owner !== undefined) await Deno.chown(path, owner, null);
    return listener;
  }

  #admit(socket: Socket): void {
    // An 'error' that nobody listens to ends the process.
    socket.on("error", () => {});
    const peer = peerCredentials(socket);
    if (peer !== null && this.#options.uids.has(peer.uid)) return;
    logger.warn`refused a connection of pid ${peer?.pid} (uid ${peer?.uid})`;
    socket.destroy();
  }

  async #serve(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> {
    incoming.on("error", () => {});
    outgoing.on("error", () => {});
    try {
      await this.#options.handler(incoming, outgoing);
    } catch (error) {
      logger.error`${incoming.method} ${incoming.url} failed: ${error}`;
      outgoing.destroy();
    }
  }

  /** Accepts nothing more, lets answers that are under way go out for a moment, then cuts them. */
  async close({ deadlineMs }: { deadlineMs: number }): Promise<void> {
    const closed = new Promise<void>((resolve) =>
      this.#server.close(() => resolve())
    );
    this.#server.closeIdleConnections();
    const timer = setTimeout(
      () => this.#server.closeAllConnections(),
      deadlineMs,
    );
    await closed;
    clearTimeout(timer);
    this.#short[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close({ deadlineMs: 0 });
  }
}
