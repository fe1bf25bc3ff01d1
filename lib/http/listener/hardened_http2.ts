/**
 * HTTP/2 on `node:http2`, with everything that this runtime needs to survive its peers:
 *
 * - requests that it would refuse and never free don't reach it ({@linkcode HeaderGuard});
 * - closing is deferred out of nghttp2's callbacks ({@linkcode deferClose});
 * - peers that vanished are found by pings ({@linkcode watchLiveness});
 * - streams and sessions have error listeners, without which a peer's RST_STREAM ends the process;
 * - windows are wide enough for fast uploads, for peers with a certificate only.
 *
 * Backpressure is not here but in `Connection.drained()`: the runtime hands every byte that the
 * peer's HTTP/2 window allows to the socket, whether the peer reads or not, so who produces must
 * wait. Resets and floods of control frames are bounded by nghttp2 itself.
 */
import http2 from "node:http2";
import type {
  Http2ServerRequest,
  Http2ServerResponse,
  ServerHttp2Session,
} from "node:http2";
import { refuseHttp2Connect } from "../connect/refuse_connect.ts";
import { deferClose } from "./defer_close.ts";
import { FIELD_OVERHEAD_BYTES } from "./hpack_size.ts";
import { guardHeaders, HeaderGuard } from "./header_guard.ts";
import type { CutReason } from "./listener_event.ts";
import type { ListenerLimits } from "./listener_limits.ts";
import { watchLiveness } from "./liveness.ts";
import { messageOf, type TlsConnection } from "./tls_connection.ts";

/** Bytes that a peer may send on one stream before it is read: 1 MiB uploads at full speed. */
const STREAM_WINDOW_BYTES = 1 << 20;

/** The same for all streams of a connection. */
const SESSION_WINDOW_BYTES = 4 << 20;

/**
 * Requests of a connection that the runtime may refuse, e.g. for names in upper case, because it
 * does not free them all. Clients that have good manners send none.
 */
const MAX_REFUSED_REQUESTS = 3;

/** What the server tells its listener. */
export interface HardenedHttp2Options {
  limits: ListenerLimits;
  onRequest(
    connection: TlsConnection,
    incoming: Http2ServerRequest,
    outgoing: Http2ServerResponse,
  ): void;
  onError(connection: TlsConnection, message: string): void;
  onCut(connection: TlsConnection, reason: CutReason): void;
}

/** Speaks HTTP/2 on connections whose TLS handshake is done. */
export class HardenedHttp2 {
  #options: HardenedHttp2Options;
  #server: http2.Http2Server;
  #sessions = new WeakMap<object, TlsConnection>();
  #accepting: { connection: TlsConnection; guard: HeaderGuard } | undefined;

  constructor(options: HardenedHttp2Options) {
    this.#options = options;
    const { maxConcurrentStreams, maxHeaderBytes } = options.limits;
    this.#server = http2.createServer({
      // As many as the guard can let through, so that it alone decides: what the runtime refuses
      // for having too many fields, it never frees.
      maxHeaderListPairs: 2 * maxHeaderBytes / FIELD_OVERHEAD_BYTES,
      settings: {
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxConcurrentStreams,
      },
    });
    this.#server.on("session", (session) => this.#prepare(session));
    this.#server.on("sessionError", () => {});
    this.#server.on("request", (incoming, outgoing) => {
      const session = incoming.stream.session;
      const connection = session && this.#sessions.get(session);
      if (connection === undefined) return void incoming.stream.destroy();
      incoming.stream.on("error", () => {});
      options.onRequest(connection, incoming, outgoing);
    });
    this.#server.on("connect", (_, outgoing) => refuseHttp2Connect(outgoing));
  }

  /** Serves HTTP/2 on `connection`. */
  accept(connection: TlsConnection): void {
    const { limits, onCut } = this.#options;
    const guard = new HeaderGuard(2 * limits.maxHeaderBytes);
    guardHeaders(connection.socket, {
      guard,
      onViolation: () => onCut(connection, "bad_headers"),
    });
    // "session" is emitted within "connection".
    this.#accepting = { connection, guard };
    this.#server.emit("connection", connection.socket);
    this.#accepting = undefined;
  }

  #prepare(session: ServerHttp2Session): void {
    const { connection, guard } = this.#accepting!;
    const { limits, onError, onCut } = this.#options;
    this.#sessions.set(session, connection);
    deferClose(session);
    session.on("error", (error) => onError(connection, messageOf(error)));
    // A stream that never becomes a request, e.g. for malformed headers, needs a listener too.
    session.on("stream", (stream) => stream.on("error", () => {}));
    this.#watchRefused(session, { connection, guard });
    session.once("close", () => connection.destroy());
    // A peer that may only ask for its health needs no 4 MiB of this process.
    if (connection.verified) session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    connection.finish = () => session.close();
    watchLiveness(session, {
      connection,
      limits,
      onUnresponsive: () => onCut(connection, "unresponsive"),
    });
  }

  /** Cuts a peer whose requests the runtime keeps refusing: what it refuses, it never frees. */
  #watchRefused(
    session: ServerHttp2Session,
    { connection, guard }: { connection: TlsConnection; guard: HeaderGuard },
  ): void {
    let streams = 0;
    session.on("stream", () => streams++);
    const tooMany = () => guard.requests - streams > MAX_REFUSED_REQUESTS;
    connection.socket.on("data", () => {
      if (!tooMany()) return;
      // Streams are announced a moment after their bytes came.
      setImmediate(() => {
        if (!tooMany() || connection.closed || session.closed) return;
        this.#options.onCut(connection, "bad_headers");
        connection.destroy();
      });
    });
  }
}
