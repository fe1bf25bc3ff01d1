import type { Identity } from "../../certs/identity.ts";
import { WorkerError } from "../api/errors.ts";
import type { Clock } from "../clock.ts";
import type { NodeHello, ProxyHello } from "./control_message.ts";
import {
  CONTROL_PATH,
  HANDSHAKE_TIMEOUT_MS,
  MAX_STREAMS,
  RETURN_WITHIN_MS,
} from "./limits.ts";
import { pingPeer } from "./ping_peer.ts";
import { ProxyControl } from "./proxy_control.ts";
import type { ProxyInfo } from "./proxy_info.ts";
import { RequestChannel } from "./request_channel.ts";
import type { TunnelPeer } from "./tunnel_peer.ts";
import type { TunnelRequest, TunnelResponse } from "./tunnel_request.ts";

/** How a proxy keeps its end of a tunnel. */
export interface TunnelSessionOptions {
  hello: ProxyHello;
  proxies(): readonly ProxyInfo[];
  clock: Clock;
  /** Until the node must have said hello, ms. @default {10_000} */
  helloTimeoutMs?: number;
}

/** A tunnel as it is at this moment. */
export interface TunnelStatus {
  node: string;
  state: "open" | "draining" | "closed";
  /** The node's, `host:port`. */
  remoteAddress: string;
  version: string;
  labels: Readonly<Record<string, string>>;
  /** Since when, ms since the epoch. */
  since: number;
  /** Requests under way. */
  requests: number;
  /** Bytes that the node has not taken yet. */
  backlog: number;
  /** What the node itself counted last: requests that it answers, and all there were. */
  answering: { open: number; total: number } | null;
}

/** The proxy's end of a tunnel: the HTTP/2 client on a connection that a node has dialled. */
export class TunnelSession {
  readonly identity: Identity;
  readonly remoteAddress: string;
  readonly since: number;
  /** Resolves when the node has said hello; rejects when the tunnel ends before. */
  readonly ready: Promise<void>;
  /** Resolves when nothing of it is left, with the reason; null when it ended in good order. */
  readonly closed: Promise<string | null>;
  readonly #options: TunnelSessionOptions;
  readonly #channel: RequestChannel;
  readonly #control: ProxyControl;
  #hello: NodeHello | undefined;
  #answering: TunnelStatus["answering"] = null;
  #state: TunnelStatus["state"] = "open";
  #end: { reason: string | null } | undefined;
  /** Whether it is worth a word when it ends: the node has spoken, or was waited for in vain. */
  #notable = false;
  #stopPings = () => {};
  #cancelDeadline = () => {};
  /** Set while requests are taken though it drains. */
  #cancelLinger: (() => void) | null = null;

  constructor(peer: TunnelPeer, options: TunnelSessionOptions) {
    this.#options = options;
    this.identity = peer.identity();
    this.remoteAddress = peer.remoteAddress;
    this.since = options.clock.now();
    const ready = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<string | null>();
    this.ready = ready.promise;
    this.closed = closed.promise;
    ready.promise.catch(() => {});
    this.#cancelDeadline = options.clock.after(
      options.helloTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
      () => {
        this.#notable = true;
        this.destroy("the node said no hello in time");
      },
    );
    const over = () => {
      this.#state = "closed";
      this.#cancelDeadline();
      this.#stopPings();
      this.#stopLingering();
      const reason = this.#end
        ? this.#end.reason
        : "the node closed the connection";
      ready.reject(new Error(reason ?? "the tunnel was closed"));
      closed.resolve(reason);
    };
    if (peer.socket.destroyed) over();
    else peer.socket.once("close", over);
    this.#channel = new RequestChannel(peer.socket, {
      way: `the tunnel to node "${this.node}"`,
      peer: `node "${this.node}"`,
      // One stream is the control stream.
      maxRequests: MAX_STREAMS - 1,
      onGoaway: () => this.#beginDrain(),
      onBroken: (reason) => this.destroy(reason),
      onSettled: () => this.#finishWhenIdle(),
    });
    this.#channel.session.once("remoteSettings", () => this.#notable = true);
    this.#control = this.#openControl(() => ready.resolve());
    peer.finish = () => this.drain("the proxy shuts down");
  }

  /** The node's name, from its certificate. */
  get node(): string {
    return this.identity.name;
  }

  /** Whether the node hung up before it said anything, as it does when it has a tunnel here. */
  get abandoned(): boolean {
    return this.#state === "closed" && !this.#notable;
  }

  /** Whether it takes requests. One that drains does for as long as it lingers. */
  get usable(): boolean {
    return this.#state === "open" ||
      (this.#state === "draining" && this.#cancelLinger !== null);
  }

  get status(): TunnelStatus {
    return {
      node: this.node,
      state: this.#state,
      remoteAddress: this.remoteAddress,
      version: this.#hello?.version ?? "",
      labels: this.#hello?.labels ?? {},
      since: this.since,
      requests: this.#channel.open,
      backlog: this.#channel.backlog.bytes,
      answering: this.#answering,
    };
  }

  /**
   * Asks the node. Bytes of both bodies go through as they are, at the pace of whoever takes them.
   *
   * @throws the signal's reason; `UNAVAILABLE` when the tunnel takes nothing new or breaks;
   * `RESOURCE_EXHAUSTED` when too much is under way.
   */
  async request(request: TunnelRequest): Promise<TunnelResponse> {
    if (!this.usable) {
      throw new WorkerError(
        "UNAVAILABLE",
        `the tunnel to node "${this.node}" is ${this.#state}: ask again`,
      );
    }
    return await this.#channel.request(request);
  }

  /** Tells the node of all proxies now, e.g. because the list has changed. */
  gossip(): void {
    this.#control.gossip();
  }

  /**
   * Takes nothing new, tells the node so, and closes when what is under way has ended. `returns`
   * says that this proxy takes another connection of the node already; what still comes here within
   * `lingerMs` is asked over this one. Calling it again is fine.
   */
  drain(
    reason: string,
    { returns = false, lingerMs = 0 }: {
      returns?: boolean;
      lingerMs?: number;
    } = {},
  ): void {
    if (this.#state !== "open") return;
    const told = reason.slice(0, 500);
    this.#control.send({ type: "drain", reason: told, returns });
    this.#beginDrain({ lingerMs });
  }

  /** Another tunnel of the node is there: nothing new comes over one that drains. */
  makeWay(): void {
    if (this.#cancelLinger === null) return;
    this.#stopLingering();
    const reason = "another connection of the node is there";
    this.#control.send({ type: "drain", reason, returns: false });
    this.#finishWhenIdle();
  }

  /** Cuts everything at once. */
  destroy(reason: string | null): void {
    this.#end ??= { reason };
    this.#state = "closed";
    this.#channel.destroy(reason);
  }

  #beginDrain({ lingerMs = 0 } = {}): void {
    if (this.#state !== "open") return;
    this.#state = "draining";
    if (lingerMs > 0) {
      this.#cancelLinger = this.#options.clock.after(lingerMs, () => {
        this.#cancelLinger = null;
        this.#finishWhenIdle();
      });
    }
    this.#finishWhenIdle();
  }

  #finishWhenIdle(): void {
    if (this.#state !== "draining" || this.#channel.open > 0) return;
    if (this.#cancelLinger) return;
    this.#end ??= { reason: null };
    this.#control.finish();
    this.#channel.close();
  }

  #stopLingering(): void {
    this.#cancelLinger?.();
    this.#cancelLinger = null;
  }

  #openControl(onReady: () => void): ProxyControl {
    const { hello, proxies, clock } = this.#options;
    return new ProxyControl({
      ...{ hello, proxies, clock, node: this.node },
      stream: this.#channel.session.request(
        { ":method": "POST", ":path": CONTROL_PATH },
        { endStream: false },
      ),
      onHello: (nodeHello) => {
        this.#hello = nodeHello;
        this.#cancelDeadline();
        this.#ping();
        onReady();
      },
      onStats: ({ open, total }) => this.#answering = { open, total },
      onDrain: ({ returns }) =>
        this.#beginDrain({ lingerMs: returns ? RETURN_WITHIN_MS : 0 }),
      onEnd: (reason) => {
        if (this.#state === "open") this.destroy(reason);
      },
    });
  }

  #ping(): void {
    const { hello, clock } = this.#options;
    this.#stopPings = pingPeer(this.#channel.session, {
      ...{ clock, backlog: this.#channel.backlog },
      intervalMs: hello.pingIntervalMs,
      timeoutMs: hello.pingTimeoutMs,
      onSilent: () =>
        this.destroy(`no answer to a ping within ${hello.pingTimeoutMs} ms`),
    });
  }
}
