import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { WorkerError } from "../../api/errors.ts";
import {
  type PeerCredentials,
  peerCredentials,
} from "../../linux/peer_credentials.ts";
import { ShortPath } from "../../linux/short_path.ts";
import type { UnixListeningSocket } from "../../linux/unix_listening_socket.ts";
import { AdminConnection } from "./admin_connection.ts";
import { setConnection } from "../connection.ts";
import { dispatch } from "./dispatch.ts";
import { Draining } from "./draining.ts";
import type { ListenerEvent } from "./listener_event.ts";
import { DEFAULT_LISTENER_LIMITS } from "./listener_limits.ts";
import type { Incoming, Outgoing } from "./listener_options.ts";

/** Whoever connected before the path was another one's is accepted for so long at least, ms. */
const LAST_ACCEPTS_MS = 20;

/** And until so many turns of the event loop, which may be far behind, have brought nobody more. */
const QUIET_TURNS = 5;

/** How long whoever takes a path over may need for it, ms. */
const TAKEN_WITHIN_MS = 1_000;

/** How {@linkcode AdminListener.listen} listens. */
export interface AdminListenerOptions {
  /** The socket's path, in a folder of which nobody else may rename files. */
  path: string;
  /** What listens there already, and stays; null to take the path over. @default {null} */
  socket?: Pick<UnixListeningSocket, "duplicate"> | null;
  /** Who may connect; everybody else is cut off before a byte is read. */
  uids: ReadonlySet<number>;
  /** What the user of a connection is called. @default {"uid:N"} */
  nameOf?: (uid: number) => string;
  /** Answers requests. What it throws ends in a 500. */
  handler(incoming: Incoming, outgoing: Outgoing): unknown;
  log?: (event: ListenerEvent) => void;
}

/**
 * HTTP/1.1 on a unix socket for the administrator of this host: no certificate, the kernel says who
 * connects (unix(7), SO_PEERCRED).
 *
 * The socket is made beside its path and then moved there, so that another process can take the path
 * over while this one still serves; whoever closes removes the path only when it is still its own.
 */
export class AdminListener implements AsyncDisposable {
  readonly #options: AdminListenerOptions;
  readonly #server: http.Server;
  readonly #connections = new Map<Socket, AdminConnection>();
  readonly #draining = new Draining();
  #inode: number | null = null;
  #accepted = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: AdminListenerOptions) {
    this.#options = options;
    this.#server = http.createServer({
      maxHeaderSize: DEFAULT_LISTENER_LIMITS.maxHeaderBytes,
      headersTimeout: DEFAULT_LISTENER_LIMITS.headersTimeout,
      // What a job is sent may take as long as the job.
      requestTimeout: 0,
      keepAliveTimeout: DEFAULT_LISTENER_LIMITS.idleTimeout,
    });
    this.#server.on("connection", (socket) => this.#admit(socket));
    this.#server.on(
      "request",
      (incoming, outgoing) => this.#serve(incoming, outgoing),
    );
    this.#server.on("clientError", (error, socket) => {
      const remoteAddress =
        this.#connections.get(socket as Socket)?.remoteAddress ?? "unix";
      const { message } = error;
      this.#log({ type: "peer_error", remoteAddress, message });
      socket.destroy();
    });
  }

  /** Takes the path over, whoever has it, and serves. @throws {Error} when the path cannot be had. */
  static async listen(options: AdminListenerOptions): Promise<AdminListener> {
    const listener = new AdminListener(options);
    await listener.#listen();
    return listener;
  }

  /** Where it listens. */
  get path(): string {
    return this.#options.path;
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  async #listen(): Promise<void> {
    const { path, socket = null } = this.#options;
    if (socket === null) await this.#takeOver(path);
    else await this.#share(socket);
    this.#server.on("error", ({ message }) => {
      this.#log({ type: "listener_error", message: `"${path}": ${message}` });
    });
  }

  async #share(socket: Pick<UnixListeningSocket, "duplicate">): Promise<void> {
    const listening = Promise.withResolvers<void>();
    this.#server.once("error", listening.reject);
    // The server closes this one.
    const fd = socket.duplicate();
    this.#server.listen({ fd }, () => listening.resolve());
    await listening.promise;
    this.#server.off("error", listening.reject);
  }

  async #takeOver(path: string): Promise<void> {
    const made = `${path}.${Deno.pid}`;
    await remove(made);
    using short = new ShortPath(made);
    const listening = Promise.withResolvers<void>();
    this.#server.once("error", listening.reject);
    // The socket is made in this call: nobody else can connect between its making and a chmod.
    const umask = Deno.umask(0o177);
    try {
      this.#server.listen(short.path, () => listening.resolve());
    } finally {
      Deno.umask(umask);
    }
    try {
      await listening.promise;
      this.#inode = (await Deno.lstat(made)).ino;
      await Deno.rename(made, path);
    } catch (cause) {
      this.#server.close();
      await remove(made);
      throw new WorkerError(
        "UNAVAILABLE",
        `cannot listen on "${path}": ${(cause as Error).message}`,
        { cause },
      );
    }
    this.#server.off("error", listening.reject);
  }

  #admit(socket: Socket): void {
    this.#accepted++;
    // An 'error' that nobody listens to ends the process.
    socket.on("error", () => {});
    const peer = peerCredentials(socket);
    if (peer === null || !this.#options.uids.has(peer.uid)) {
      return this.#refuse(socket, peer);
    }
    const { nameOf = (uid) => `uid:${uid}` } = this.#options;
    this.#connections.set(
      socket,
      new AdminConnection(socket, {
        peer,
        name: nameOf(peer.uid),
        draining: this.#draining.signal,
      }),
    );
    socket.once("close", () => this.#connections.delete(socket));
  }

  #refuse(socket: Socket, peer: PeerCredentials | null): void {
    socket.destroy();
    this.#log({
      type: "certificate_refused",
      remoteAddress: `unix:pid=${peer?.pid},uid=${peer?.uid}`,
      message: "this user is not an administrator of the server",
    });
  }

  #serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const connection = this.#connections.get(incoming.socket);
    // It crossed the end of the connection on its way.
    if (!connection || !incoming.socket.writable) {
      return void incoming.socket.destroy();
    }
    setConnection(incoming, connection);
    if (this.#closing !== undefined) outgoing.setHeader("connection", "close");
    const { handler } = this.#options;
    void dispatch({ connection, incoming, outgoing }, {
      handler,
      maxHeaderBytes: DEFAULT_LISTENER_LIMITS.maxHeaderBytes,
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

  /**
   * Accepts nobody more, tells `Connection.draining`, and lets open requests finish. What is still
   * open `deadlineMs` later is cut; `lingerMs` passes before those who drain are told. When the path
   * was handed over it is left alone, and first it is seen to it that the other one has it.
   *
   * @default {10_000} deadlineMs
   * @default {0} lingerMs
   */
  close(
    { deadlineMs = 10_000, lingerMs = 0, handedOver = false } = {},
  ): Promise<void> {
    this.#closing ??= this.#close({ lingerMs, handedOver });
    const timer = setTimeout(
      () => this.#server.closeAllConnections(),
      deadlineMs,
    );
    return this.#closing.finally(() => clearTimeout(timer));
  }

  async #close(
    { lingerMs, handedOver }: { lingerMs: number; handedOver: boolean },
  ): Promise<void> {
    using draining = this.#draining;
    // To look whose the path is and to remove it are two steps: the other one may come in between.
    await (handedOver ? this.#untilTaken() : this.#removePath());
    await this.#acceptLast();
    const closed = Promise.withResolvers<void>();
    this.#server.close(() => closed.resolve());
    draining.begin(lingerMs);
    for (const connection of this.#connections.values()) connection.finish();
    await closed.promise;
  }

  /** Who connected when the path was still this one's waits to be accepted. */
  async #acceptLast(): Promise<void> {
    await pause(LAST_ACCEPTS_MS);
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      const before = this.#accepted;
      await pause(1);
      if (this.#accepted !== before) quiet = -1;
    }
  }

  async #untilTaken(): Promise<void> {
    const { path } = this.#options;
    const deadline = performance.now() + TAKEN_WITHIN_MS;
    while (this.#inode !== null && performance.now() < deadline) {
      const { ino } = await Deno.lstat(path).catch(() => ({ ino: null }));
      if (ino !== this.#inode) return;
      await pause(LAST_ACCEPTS_MS);
    }
  }

  async #removePath(): Promise<void> {
    const { path } = this.#options;
    if (this.#inode === null) return;
    try {
      if ((await Deno.lstat(path)).ino === this.#inode) await Deno.remove(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close({ deadlineMs: 0 });
  }

  #log(event: ListenerEvent): void {
    this.#options.log?.(event);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function remove(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
