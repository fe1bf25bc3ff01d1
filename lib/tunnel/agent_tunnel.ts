import http2 from "node:http2";
import type { Identity } from "../../certs/identity.ts";
import { WorkerError } from "../api/errors.ts";
import type {
  Http2ServerRequest,
  Http2ServerResponse,
  ServerHttp2Session,
} from "node:http2";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { deferClose } from "../http/listener/defer_close.ts";
import { guardHeaders, HeaderGuard } from "../http/listener/header_guard.ts";
import { FIELD_OVERHEAD_BYTES } from "../http/listener/hpack_size.ts";
import { VERSION } from "../version.ts";
import { AgentControl } from "./agent_control.ts";
import type { AgentConnection, DrainOptions } from "./agent_connection.ts";
import type { DialledProxy } from "./dial_proxy.ts";
import { goawayReason, INTERNAL_ERROR, REFUSED_STREAM } from "./http2_codes.ts";
import { Latest } from "./latest.ts";
import {
  CONTROL_PATH,
  HANDSHAKE_TIMEOUT_MS,
  MAX_HEADER_BYTES,
  MAX_STREAMS,
  RETURN_WITHIN_MS,
  SESSION_WINDOW_BYTES,
  STREAM_WINDOW_BYTES,
} from "./limits.ts";
import type { ProxyInfo } from "./proxy_info.ts";
import { SocketBacklog } from "../http/listener/socket_backlog.ts";

/** A request that came through a tunnel, with what its handler must know of the tunnel. */
export interface TunnelExchange {
  incoming: Http2ServerRequest;
  outgoing: Http2ServerResponse;
  tunnel: AgentTunnel;
}

/** What a node is and does at its end of a tunnel. */
export interface AgentTunnelOptions {
  /** The node's name, as in its certificate. */
  node: string;
  labels: Readonly<Record<string, string>>;
  /**
   * Answers requests. It must wait for `tunnel.drained()` before it writes more: the runtime holds
   * nothing back. What it throws resets the stream.
   */
  handler(exchange: TunnelExchange): unknown;
  /** Told what the handler threw. */
  onError?: (error: unknown) => void;
  /** Until the proxy must have said hello, ms. @default {10_000} */
  helloTimeoutMs?: number;
  /** @default {VERSION} */
  version?: string;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
}

/**
 * The node's end of a tunnel. The node has dialled, but the proxy asks: so this end is the HTTP/2
 * server. Nothing is sent until `serve`; requests are answered once both have said hello.
 */
export class AgentTunnel implements AgentConnection {
  readonly proxy: string;
  /** The proxy's, from its certificate. */
  readonly identity: Identity;
  /** `host:port` that was dialled. */
  readonly remoteAddress: string;
  readonly closed: Promise<string | null>;
  readonly draining: Promise<{ returns: boolean }>;
  readonly gossip: AsyncIterable<readonly ProxyInfo[]>;
  readonly #options: AgentTunnelOptions;
  readonly #socket;
  readonly #backlog: SocketBacklog;
  readonly #gossip = new Latest<readonly ProxyInfo[]>();
  readonly #draining = Promise.withResolvers<{ returns: boolean }>();
  readonly #clock: Clock;
  readonly #leaving = new AbortController();
  #session: ServerHttp2Session | undefined;
  #control: AgentControl | undefined;
  #cancelHello = () => {};
  #end: { reason: string | null } | undefined;
  #drains = false;
  #open = 0;
  #total = 0;

  constructor(dialled: DialledProxy, options: AgentTunnelOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#socket = dialled.socket;
    this.#backlog = new SocketBacklog(dialled.socket);
    this.proxy = dialled.identity.name;
    this.identity = dialled.identity;
    this.remoteAddress = dialled.address;
    this.gossip = this.#gossip;
    this.draining = this.#draining.promise;
    const closed = Promise.withResolvers<string | null>();
    this.closed = closed.promise;
    const over = () => {
      this.#cancelHello();
      this.#control?.stop();
      this.#gossip.end();
      closed.resolve(
        this.#end ? this.#end.reason : "the proxy closed the connection",
      );
    };
    if (dialled.socket.destroyed) over();
    else dialled.socket.once("close", over);
  }

  /** Bytes that the proxy has not taken yet. */
  get backlog(): number {
    return this.#backlog.bytes;
  }

  /** Whether nothing can be sent any more. */
  get gone(): boolean {
    return this.#socket.destroyed;
  }

  /**
   * Aborted when this node takes the tunnel down: answers that follow something end here, so that
   * who reads them goes on over another one.
   */
  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  /** Requests that are being answered, and all there were. */
  get requests(): { open: number; total: number } {
    return { open: this.#open, total: this.#total };
  }

  /** Resolves when the backlog is small again, or the tunnel is closed. */
  drained(): Promise<void> {
    return this.#backlog.drained();
  }

  serve(): void {
    if (this.#session || this.#socket.destroyed) return;
    const server = http2.createServer({
      // As many as the guard can let through: what the runtime refuses, it never frees.
      maxHeaderListPairs: MAX_HEADER_BYTES / FIELD_OVERHEAD_BYTES,
      settings: {
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxConcurrentStreams: MAX_STREAMS,
      },
    });
    server.on("sessionError", () => {});
    server.on("session", (session) => this.#prepare(session));
    server.on("request", (incoming, outgoing) => {
      this.#answer(incoming, outgoing);
    });
    guardHeaders(this.#socket, {
      guard: new HeaderGuard(MAX_HEADER_BYTES),
      onViolation: () => this.#cut("the proxy sent too large headers"),
    });
    server.emit("connection", this.#socket);
    this.#cancelHello = this.#clock.after(
      this.#options.helloTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
      () => this.#cut("the proxy said no hello in time"),
    );
  }

  recheck(recheck: (identity: Identity) => void): void {
    try {
      recheck(this.identity);
    } catch (error) {
      this.#cut(error instanceof Error ? error.message : String(error));
    }
  }

  async drain(
    { deadlineMs = 10_000, lingerMs = 0 }: DrainOptions = {},
  ): Promise<void> {
    if (!this.#control) return await this.close();
    const reason = "the node shuts down";
    this.#end ??= { reason: null };
    const leave = () =>
      this.#leaving.abort(new WorkerError("UNAVAILABLE", reason));
    this.#control.send({ type: "drain", reason, returns: lingerMs > 0 });
    const cancels = [this.#clock.after(deadlineMs, () => this.close())];
    const leaveLater = () => cancels.push(this.#clock.after(lingerMs, leave));
    if (lingerMs > 0) {
      // Until another tunnel of this node is there, requests come over this one.
      cancels.push(this.#clock.after(RETURN_WITHIN_MS, leaveLater));
      void this.draining.then(() => {
        if (!this.gone) leaveLater();
      });
    } else leave();
    await this.closed;
    for (const cancel of cancels) cancel();
  }

  async close(): Promise<void> {
    this.#end ??= { reason: null };
    this.#destroy();
    await this.closed;
  }

  #cut(reason: string): void {
    this.#end ??= { reason };
    this.#destroy();
  }

  #destroy(): void {
    this.#control?.stop();
    // The session first: what is open is then reset and not ended.
    this.#session?.destroy();
    setImmediate(() => this.#socket.destroy());
  }

  #prepare(session: ServerHttp2Session): void {
    this.#session = session;
    deferClose(session);
    session.on("error", (error) => this.#cut(error.message));
    session.on("stream", (stream) => stream.on("error", () => {}));
    session.on("goaway", (code, _, data) => {
      if (code !== 0) this.#cut(goawayReason(code, data));
      else this.#drain({ returns: false });
    });
    session.once("close", () => setImmediate(() => this.#socket.destroy()));
    session.setLocalWindowSize(SESSION_WINDOW_BYTES);
  }

  #drain(how: { returns: boolean }): void {
    this.#drains = true;
    this.#draining.resolve(how);
  }

  #answer(incoming: Http2ServerRequest, outgoing: Http2ServerResponse): void {
    incoming.on("error", () => {});
    outgoing.on("error", () => {});
    const control = incoming.url === CONTROL_PATH;
    if (control !== (this.#control === undefined)) {
      // A second control stream, or a request before the first.
      return void incoming.stream.close(REFUSED_STREAM);
    }
    if (control) return this.#openControl(incoming, outgoing);
    this.#open++;
    this.#total++;
    outgoing.once("close", () => this.#open--);
    void this.#handle({ incoming, outgoing, tunnel: this });
  }

  async #handle(exchange: TunnelExchange): Promise<void> {
    try {
      // A proxy that asks and asks but never reads would fill the memory with answers.
      await this.drained();
      if (exchange.incoming.stream.destroyed) return;
      await this.#options.handler(exchange);
    } catch (error) {
      this.#options.onError?.(error);
      exchange.incoming.stream.close(INTERNAL_ERROR);
    }
  }

  #openControl(
    incoming: Http2ServerRequest,
    outgoing: Http2ServerResponse,
  ): void {
    const { node, labels, version = VERSION } = this.#options;
    this.#control = new AgentControl({
      ...{ incoming, outgoing, node, labels, version },
      proxy: this.proxy,
      session: this.#session!,
      backlog: this.#backlog,
      clock: this.#clock,
      requests: () => this.requests,
      onHello: () => this.#cancelHello(),
      onProxies: (proxies) => this.#gossip.set(proxies),
      onDrain: (how) => this.#drain(how),
      onEnd: (reason) => {
        if (this.#drains || this.#end) this.#end ??= { reason: null };
        else if (reason !== null) this.#cut(reason);
      },
    });
  }
}
