import type { Identity } from "../../certs/identity.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { VERSION } from "../version.ts";
import type { ProxyInfo } from "./proxy_info.ts";
import { refuseTunnel } from "./refuse_tunnel.ts";
import type { TunnelPeer } from "./tunnel_peer.ts";
import { TunnelRegistry } from "./tunnel_registry.ts";
import { TunnelSession } from "./tunnel_session.ts";

/** What happens at a {@linkcode TunnelServer}, for its log. */
export type TunnelEvent =
  /** Somebody who gets no tunnel was told why. */
  | { type: "refused"; remoteAddress: string } & Refusal
  | { type: "opened"; node: string; remoteAddress: string }
  /** A node hung up before it said anything: its dial has led to a proxy that it has a tunnel to. */
  | { type: "abandoned"; node: string; remoteAddress: string }
  /** `reason` is null when it ended in good order. */
  | {
    type: "closed";
    node: string;
    remoteAddress: string;
    reason: string | null;
  };

/** Why somebody gets no tunnel. */
export interface Refusal {
  /** `UNAVAILABLE`: not now, whoever asks. */
  code: "UNAUTHENTICATED" | "PERMISSION_DENIED" | "UNAVAILABLE";
  /** Who it is by a certificate that is good; null when there is none. */
  identity: Identity | null;
  message: string;
}

/** How a proxy takes tunnels. Times in milliseconds, the same at both ends of every tunnel. */
export interface TunnelServerOptions {
  /** The proxy's id, as in its certificate. */
  proxy: string;
  /** The proxies that nodes are told of. */
  proxies(): readonly ProxyInfo[];
  /** @default {15_000} */
  pingIntervalMs?: number;
  /** Until a ping must be answered. @default {5_000} */
  pingTimeoutMs?: number;
  /** @default {30_000} */
  gossipIntervalMs?: number;
  /** Until a node must have said hello. @default {10_000} */
  helloTimeoutMs?: number;
  /** @default {VERSION} */
  version?: string;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
  log?: (event: TunnelEvent) => void;
}

/**
 * Turns connections that nodes have dialled into tunnels. Only a certificate of a node opens one;
 * whoever has another is told why not. A tunnel is in `registry` once its node has said hello.
 */
export class TunnelServer implements AsyncDisposable {
  readonly registry: TunnelRegistry;
  readonly #options: TunnelServerOptions;
  readonly #clock: Clock;
  /** Also those that have said no hello yet, or were displaced. */
  readonly #sessions = new Set<TunnelSession>();
  #draining = false;

  constructor(options: TunnelServerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.registry = new TunnelRegistry({ clock: this.#clock });
  }

  /** Cuts the tunnels of nodes whose certificate `recheck` refuses by now: expired, or revoked. */
  recheck(recheck: (identity: Identity) => void): void {
    for (const session of this.#sessions) {
      try {
        recheck(session.identity);
      } catch (error) {
        session.destroy(error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** Takes a connection over; to be given to a listener as its `tunnel`. Never throws. */
  accept(peer: TunnelPeer): void {
    const { remoteAddress, socket } = peer;
    const refusal = this.#draining ? DRAINING : refusalOf(peer);
    if (refusal !== null) {
      this.#options.log?.({ type: "refused", remoteAddress, ...refusal });
      return refuseTunnel(socket, refusal.message);
    }
    const session = this.#open(peer);
    const { node } = session;
    this.#sessions.add(session);
    session.ready.then(() => {
      this.registry.add(session);
      this.#options.log?.({ type: "opened", node, remoteAddress });
    }, () => {});
    void session.closed.then((reason) => {
      this.#sessions.delete(session);
      this.#options.log?.(
        session.abandoned
          ? { type: "abandoned", node, remoteAddress }
          : { type: "closed", node, remoteAddress, reason },
      );
    });
  }

  /** Tells all nodes of the proxies at once: the list has changed. */
  gossip(): void {
    for (const session of this.registry) session.gossip();
  }

  /**
   * Takes no new tunnel, lets every node know, and waits until what is under way has ended; what
   * still is `deadlineMs` later is cut. A second call may only shorten the deadline.
   *
   * @param options.returns Another process takes tunnels in this one's place already: nodes come
   * back to it at once, instead of leaving it alone for a while.
   * @param options.lingerMs Whoever is connected to this process may ask for so long.
   * @default {10_000} deadlineMs
   * @default {0} lingerMs
   */
  async drain(
    { deadlineMs = 10_000, returns = false, lingerMs = 0 } = {},
  ): Promise<void> {
    this.#draining = true;
    for (const session of this.#sessions) {
      session.drain("the proxy shuts down", { returns, lingerMs });
    }
    const cancel = this.#clock.after(deadlineMs, () => {
      for (const session of this.#sessions) {
        session.destroy("the proxy shuts down");
      }
    });
    await Promise.all([...this.#sessions].map(({ closed }) => closed));
    cancel();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain({ deadlineMs: 0 });
  }

  #open(peer: TunnelPeer): TunnelSession {
    const { proxy, proxies, helloTimeoutMs } = this.#options;
    return new TunnelSession(peer, {
      proxies,
      clock: this.#clock,
      ...(helloTimeoutMs !== undefined && { helloTimeoutMs }),
      hello: {
        type: "hello",
        proxy,
        version: this.#options.version ?? VERSION,
        pingIntervalMs: this.#options.pingIntervalMs ?? 15_000,
        pingTimeoutMs: this.#options.pingTimeoutMs ?? 5_000,
        gossipIntervalMs: this.#options.gossipIntervalMs ?? 30_000,
      },
    });
  }
}

const DRAINING: Refusal = {
  code: "UNAVAILABLE",
  identity: null,
  message: "the proxy shuts down: dial another one",
};

/** Why a peer may open no tunnel, or null. */
function refusalOf(peer: TunnelPeer): Refusal | null {
  try {
    const identity = peer.identity();
    const { kind, name } = identity;
    if (kind === "node") return null;
    const message = `the certificate of "${name}" is that of a ${
      kind ?? "stranger"
    }: only nodes may open tunnels`;
    return { code: "PERMISSION_DENIED", identity, message };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: "UNAUTHENTICATED", identity: null, message };
  }
}
