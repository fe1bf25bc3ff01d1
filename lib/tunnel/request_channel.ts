import { Buffer } from "node:buffer";
import http2, { type ClientHttp2Session } from "node:http2";
import type { TLSSocket } from "node:tls";
import { WorkerError } from "../api/errors.ts";
import { deferClose } from "../http/listener/defer_close.ts";
import { guardHeaders, HeaderGuard } from "../http/listener/header_guard.ts";
import { FIELD_OVERHEAD_BYTES } from "../http/listener/hpack_size.ts";
import { goawayReason, INTERNAL_ERROR } from "./http2_codes.ts";
import {
  MAX_HEADER_BYTES,
  SESSION_WINDOW_BYTES,
  STREAM_WINDOW_BYTES,
} from "./limits.ts";
import { SocketBacklog } from "../http/listener/socket_backlog.ts";
import {
  type TunnelRequest,
  tunnelRequest,
  type TunnelResponse,
} from "./tunnel_request.ts";

/** Whom a {@linkcode RequestChannel} leads to, and whom it tells. */
export interface RequestChannelOptions {
  /** How errors call the way, as in `the tunnel to node "web-1"`. */
  way: string;
  /** How errors call who answers, as in `node "web-1"`. */
  peer: string;
  /** Requests at once. */
  maxRequests: number;
  /** The peer takes nothing new. */
  onGoaway(): void;
  /** It can't be used any more. */
  onBroken(reason: string): void;
  /** A request is over. */
  onSettled(): void;
}

/**
 * The asking end of a connection between two members, whoever of them has dialled: an HTTP/2 client
 * whose windows are wide, whose closing is safe, and which holds back for a slow peer.
 */
export class RequestChannel {
  readonly session: ClientHttp2Session;
  readonly backlog: SocketBacklog;
  readonly #socket: TLSSocket;
  readonly #options: RequestChannelOptions;
  #open = 0;

  constructor(socket: TLSSocket, options: RequestChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    this.backlog = new SocketBacklog(socket);
    this.session = this.#connect();
  }

  /** Requests under way. */
  get open(): number {
    return this.#open;
  }

  /**
   * Asks the peer. Bytes of both bodies go through as they are, at the pace of whoever takes them.
   *
   * @throws the signal's reason; `UNAVAILABLE` when it breaks; `RESOURCE_EXHAUSTED` when too much is
   * under way.
   */
  async request(request: TunnelRequest): Promise<TunnelResponse> {
    const { way, peer, maxRequests } = this.#options;
    if (this.#open >= maxRequests) {
      throw new WorkerError(
        "RESOURCE_EXHAUSTED",
        `${this.#open} requests to ${peer} are under way already: ask again later`,
      );
    }
    this.#open++;
    let over = false;
    const onClose = () => {
      if (over) return;
      over = true;
      this.#open--;
      this.#options.onSettled();
    };
    const { session, backlog } = this;
    return await tunnelRequest(
      { session, backlog, way, peer, onClose },
      request,
    );
  }

  /** Ends it in good order: what is under way goes on to its end. */
  close(): void {
    this.session.close();
  }

  /** Cuts everything at once. */
  destroy(reason: string | null): void {
    this.session.destroy(undefined, reason === null ? 0 : INTERNAL_ERROR);
    setImmediate(() => this.#socket.destroy());
  }

  #connect(): ClientHttp2Session {
    const { onBroken, onGoaway } = this.#options;
    guardHeaders(this.#socket, {
      guard: new HeaderGuard(MAX_HEADER_BYTES, { peer: "server" }),
      onViolation: () => onBroken("the peer sent too large headers"),
    });
    const session = http2.connect("http://tunnel", {
      createConnection: () => this.#socket,
      maxHeaderListPairs: MAX_HEADER_BYTES / FIELD_OVERHEAD_BYTES,
      settings: { initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false },
    });
    deferClose(session);
    session.on("error", (error) => onBroken(error.message));
    session.on("goaway", (code, _, data) => {
      if (code === 0) onGoaway();
      else onBroken(goawayReason(code, data && Buffer.from(data)));
    });
    session.once("connect", () => {
      session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    });
    session.once("close", () => setImmediate(() => this.#socket.destroy()));
    return session;
  }
}
