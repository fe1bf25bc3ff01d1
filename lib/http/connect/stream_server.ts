import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { WorkerError } from "../../api/errors.ts";
import { STREAM_PATH } from "../../api/tunnel_protocol.ts";
import type { AuditSink } from "../../audit/mod.ts";
import { type Connection, connectionOf } from "../connection.ts";
import { FORWARDED, parseForwarded } from "../forwarding/forwarded.ts";
import type { Incoming, Outgoing } from "../listener/listener_options.ts";
import { sendProblem } from "../response/send_problem.ts";
import { messageOf } from "../listener/tls_connection.ts";
import { auditStreamRefused } from "./audit_connect.ts";
import { type Accept, handOver } from "./hand_over.ts";
import { pump } from "./pump.ts";
import { SocketSource } from "./socket_source.ts";

/** Codes of RFC 9113, 7. */
const NO_ERROR = 0;
const CANCEL = 8;

/** What a node does with streams. */
export interface StreamServerOptions {
  /** Serves one as any other connection. */
  accept: Accept;
  /** Where it is recorded who asked for a stream and may not. */
  audit: AuditSink;
  /** Streams at once, of all proxies. @default {512} */
  maxStreams?: number;
}

/**
 * The node's end of streams: the bytes of each go to the node's own TLS listener through a pair of
 * sockets, so that a client is verified and limited as if it had connected to the node's port.
 * Only a proxy may open one, through a tunnel or over a connection to the node's own address.
 */
export class StreamServer {
  readonly #options: StreamServerOptions;
  #open = 0;

  constructor(options: StreamServerOptions) {
    this.#options = options;
  }

  /** Streams that are open. */
  get streams(): number {
    return this.#open;
  }

  /** A handler that answers requests for streams, and leaves everything else to another one. */
  before(
    handler: (incoming: Incoming, outgoing: Outgoing) => unknown,
  ): (incoming: Incoming, outgoing: Outgoing) => unknown {
    return (incoming, outgoing) =>
      incoming.url === STREAM_PATH
        ? this.#serve(incoming, outgoing)
        : handler(incoming, outgoing);
  }

  async #serve(incoming: Incoming, outgoing: Outgoing): Promise<void> {
    const connection = connectionOf(incoming);
    try {
      this.#check(incoming, connection);
    } catch (error) {
      const problem = error as WorkerError;
      auditStreamRefused(this.#options.audit, { connection, problem });
      return sendProblem(outgoing, problem);
    }
    this.#open++;
    try {
      await this.#carry(
        incoming as Http2ServerRequest,
        outgoing as Http2ServerResponse,
      );
    } catch (error) {
      // Nobody is left to be told, unless it had not begun.
      if (outgoing.headersSent) {
        (outgoing as Http2ServerResponse).stream?.close(CANCEL);
      } else sendProblem(outgoing, unavailable(error));
    } finally {
      this.#open--;
    }
  }

  #check({ method }: Incoming, connection: Connection): void {
    const { name, kind } = connection.identity();
    if (kind !== "proxy") {
      throw new WorkerError(
        "PERMISSION_DENIED",
        `the certificate of "${name}" belongs to a ${
          kind ?? "user"
        }: only a proxy opens streams, send it CONNECT`,
      );
    }
    if (method !== "POST" || connection.protocol !== "h2") {
      throw new WorkerError(
        "INVALID_ARGUMENT",
        "a stream is opened by POST over HTTP/2",
      );
    }
    const { maxStreams = 512 } = this.#options;
    if (this.#open < maxStreams) return;
    throw new WorkerError(
      "RESOURCE_EXHAUSTED",
      `${this.#open} streams to this node are open already: try again later`,
    );
  }

  async #carry(
    incoming: Http2ServerRequest,
    outgoing: Http2ServerResponse,
  ): Promise<void> {
    const connection = connectionOf(incoming);
    const { stream } = outgoing;
    const ours = handOver(
      this.#options.accept,
      parseForwarded(incoming.headers[FORWARDED]),
    );
    stream.once("close", () => {
      // The runtime shows a body that was cut as one that has ended.
      if (stream.rstCode !== NO_ERROR || !ours.writableEnded) ours.destroy();
    });
    outgoing.writeHead(200, { "content-type": "application/octet-stream" });
    const up = pump(new SocketSource(incoming), ours).catch(() => {
      // The listener reads no more; what still comes is let go, until the proxy ends it.
      incoming.resume();
    });
    await pump(new SocketSource(ours), stream, () => connection.drained());
    ours.destroy();
    await up;
  }
}

function unavailable(cause: unknown): WorkerError {
  return new WorkerError(
    "UNAVAILABLE",
    `the node could not open the stream: ${messageOf(cause)}`,
    { cause },
  );
}
