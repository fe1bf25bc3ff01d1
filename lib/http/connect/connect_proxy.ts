import { WorkerError } from "../../api/errors.ts";
import type { AuditSink } from "../../audit/mod.ts";
import { type Clock, SYSTEM_CLOCK } from "../../clock.ts";
import { messageOf } from "../listener/tls_connection.ts";
import type { NodeRouter } from "../forwarding/node_router.ts";
import { userOf } from "../user_of.ts";
import { auditConnect } from "./audit_connect.ts";
import { closeGently } from "./close_gently.ts";
import type { ConnectRequest } from "./connect_request.ts";
import { type ConnectTarget, parseConnectTarget } from "./connect_target.ts";
import {
  type Carry,
  openLocalStream,
  openRemoteStream,
} from "./open_stream.ts";
import type { Accept } from "./hand_over.ts";
import { refuseConnect } from "./refuse_connect.ts";
import { SocketSource } from "./socket_source.ts";
import { UserPermits } from "./user_permits.ts";

/** The port of a node that may be named whatever its own is. */
const DEFAULT_PORT = 7443;

/** How a proxy opens streams. */
export interface ConnectProxyOptions {
  nodes: NodeRouter;
  /** The ports of a node's own addresses, which may be named besides 7443. @default none */
  ports?: (selector: string) => readonly number[];
  /** Serves a stream to this very daemon. */
  accept: Accept;
  audit: AuditSink;
  /** Streams of one user at once. @default {64} */
  maxPerUser?: number;
  /** Until the node must have taken a stream, ms. @default {10_000} */
  openTimeoutMs?: number;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
}

/**
 * Answers CONNECT: a stream of bytes to a node, on which the client does its own mutual TLS with it,
 * so that this proxy sees nothing of what they say.
 *
 * The client is a user whose certificate this proxy has verified, and the target is a node of the
 * cluster on its own port: nobody gets anywhere else. 200 is answered once the node has taken the
 * stream; everything else is a problem document and the end of the connection. How long a stream may
 * be silent is up to the node, as with any of its connections.
 */
export class ConnectProxy {
  readonly #options: ConnectProxyOptions;
  readonly #permits: UserPermits;

  constructor(options: ConnectProxyOptions) {
    this.#options = options;
    this.#permits = new UserPermits(options.maxPerUser ?? 64);
  }

  /** Streams, those being opened included. */
  get streams(): number {
    return this.#permits.all;
  }

  /** Takes a connection over; to be given to a listener as its `connect`. Never throws. */
  accept(request: ConnectRequest): void {
    void this.#run(request);
  }

  async #run(request: ConnectRequest): Promise<void> {
    const { socket } = request.connection;
    const { audit } = this.#options;
    // A client may end its half and still want to read.
    socket.allowHalfOpen = true;
    let carry: Carry | undefined;
    try {
      const { name } = userOf(request.connection);
      using _permit = this.#permits.take(name);
      const target = parseConnectTarget(request.target);
      carry = await this.#open(request, target);
      auditConnect(audit, request, { node: target.host });
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      await carry();
      closeGently(socket);
    } catch (error) {
      // Once it is open, an end without that of TLS says that it was cut.
      if (carry) return void socket.destroy();
      const problem = problemOf(error);
      auditConnect(audit, request, { problem });
      refuseConnect(request, problem);
    }
  }

  async #open(request: ConnectRequest, target: ConnectTarget): Promise<Carry> {
    if (request.connection.draining.aborted) {
      throw new WorkerError(
        "UNAVAILABLE",
        "the proxy shuts down: connect through another one",
      );
    }
    const { accept, nodes, openTimeoutMs = 10_000, clock = SYSTEM_CLOCK } =
      this.#options;
    const { connection, head } = request;
    const { socket } = connection;
    const client = { connection, source: new SocketSource(socket, head) };
    const over = new AbortController();
    const gone = () =>
      over.abort(new WorkerError("UNAVAILABLE", "the client has gone"));
    socket.once("close", gone);
    // Nobody has anything to say before 200, to which they would end their half then.
    socket.once("end", gone);
    const cancel = clock.after(openTimeoutMs, () => {
      over.abort(
        new WorkerError(
          "UNAVAILABLE",
          `node "${target.host}" took no stream within ${openTimeoutMs} ms: try again`,
        ),
      );
    });
    try {
      const { signal } = over;
      const route = await nodes.route(target.host, { signal });
      this.#checkPort(target);
      return route.type === "local"
        ? openLocalStream(client, accept)
        : await openRemoteStream(client, { request: route.request, signal });
    } finally {
      cancel();
      socket.off("end", gone);
    }
  }

  #checkPort({ host, port }: ConnectTarget): void {
    const ports = [DEFAULT_PORT, ...this.#options.ports?.(host) ?? []];
    if (ports.includes(port)) return;
    throw new WorkerError(
      "PERMISSION_DENIED",
      `cannot connect to port ${port} of "${host}": a stream leads to the node's own port only, ${
        [...new Set(ports)].join(" or ")
      }`,
    );
  }
}

function problemOf(error: unknown): WorkerError {
  if (error instanceof WorkerError) return error;
  return new WorkerError(
    "UNAVAILABLE",
    `cannot open a stream: ${messageOf(error)}`,
    { cause: error },
  );
}
