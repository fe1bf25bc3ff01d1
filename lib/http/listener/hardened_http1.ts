import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ConnectRequest } from "../connect/connect_request.ts";
import { WorkerError } from "../../api/errors.ts";
import type { ListenerLimits } from "./listener_limits.ts";
import { sendRawProblem } from "../response/raw_problem.ts";
import { stopReadingWhenPaused } from "./stop_reading.ts";
import { messageOf, type TlsConnection } from "./tls_connection.ts";

/** How long a peer has to close a connection that was ended in good order, ms. */
const LINGER_MS = 500;

/** What the server tells its listener. */
export interface HardenedHttp1Options {
  limits: ListenerLimits;
  onRequest(
    connection: TlsConnection,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): void;
  /** Takes a connection over whose peer asked for a stream. */
  onConnect(request: ConnectRequest): void;
  onError(connection: TlsConnection, message: string): void;
}

/** Speaks HTTP/1.1 on connections whose TLS handshake is done. */
export class HardenedHttp1 {
  #server: http.Server;
  #connections = new WeakMap<object, TlsConnection>();
  /** The response that a connection is at. */
  #open = new WeakMap<TlsConnection, ServerResponse>();

  constructor(options: HardenedHttp1Options) {
    this.#server = http.createServer({
      maxHeaderSize: options.limits.maxHeaderBytes,
      // TlsConnection keeps the times: the runtime's own only work on a server that listens.
      headersTimeout: 0,
      requestTimeout: 0,
      keepAliveTimeout: 0,
    });
    // The runtime ends a keep-alive connection after its response when the server does not listen,
    // and this one never does: it is handed its connections. The client's next request would fail.
    Object.defineProperty(this.#server, "listening", { value: true });
    this.#server.on("request", (incoming, outgoing) => {
      const connection = this.#connections.get(incoming.socket);
      if (connection === undefined) return void incoming.socket.destroy();
      // It crossed the end of the connection on its way: who sent it may send it again elsewhere.
      if (!incoming.socket.writable) return;
      this.#open.set(connection, outgoing);
      options.onRequest(connection, incoming, outgoing);
    });
    this.#server.on("connect", ({ socket, url = "" }, _, head) => {
      const connection = this.#connections.get(socket);
      // With an answer under way, its bytes would end up in the stream.
      if (connection === undefined || connection.openRequests > 0) {
        return void socket.destroy();
      }
      if (!socket.writable) return;
      // Counts as a request that never ends: the stream keeps its own time.
      connection.openRequest();
      options.onConnect({ connection, target: url, head });
    });
    this.#server.on(
      "clientError",
      (error: Error & { code?: string }, socket) => {
        const connection = this.#connections.get(socket);
        if (connection !== undefined) {
          options.onError(
            connection,
            messageOf(error),
          );
        }
        refuse(socket, error.code);
      },
    );
  }

  /** Serves HTTP/1.1 on `connection`. */
  accept(connection: TlsConnection): void {
    this.#connections.set(connection.socket, connection);
    stopReadingWhenPaused(connection.socket);
    connection.finish = () => {
      if (connection.openRequests === 0) end(connection);
      else announceEnd(this.#open.get(connection));
    };
    this.#server.emit("connection", connection.socket);
  }
}

/**
 * Ends a connection in good order between two requests. Part of the contract with clients: TLS's
 * close_notify in place of an answer says that the request was not looked at.
 */
function end({ socket }: TlsConnection): void {
  if (!socket.writable) return;
  socket.end();
  // Its peer reads first what was sent; to close at once could reset the connection under it.
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

function announceEnd(response: ServerResponse | undefined): void {
  if (!response || response.headersSent) return;
  response.setHeader("connection", "close");
}

/** Answers what could not be parsed, where an answer is still possible, and ends the connection. */
function refuse(socket: Duplex, code: string | undefined): void {
  // The parser reports again while the answer is on its way.
  if (!socket.writable) return void socket.destroy();
  const overflow = code === "HPE_HEADER_OVERFLOW";
  sendRawProblem(
    socket,
    new WorkerError(
      "INVALID_ARGUMENT",
      overflow
        ? "the header section of the request is too large"
        : "the request is not HTTP/1.1",
    ),
    { status: overflow ? 431 : 400, then: () => void socket.destroy() },
  );
}
