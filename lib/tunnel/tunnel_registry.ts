import { ChangeFeed } from "../change_feed.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type { TunnelSession, TunnelStatus } from "./tunnel_session.ts";

/** What happened to the tunnel of a node. */
export type TunnelChange =
  /** It is there, for the first time or in the place of another one. */
  | { type: "connected"; tunnel: TunnelStatus }
  /** There is none any more. */
  | { type: "disconnected"; node: string; reason: string | null };

/** How the last tunnel of a node ended. */
export interface EndedTunnel {
  /** Milliseconds since the epoch. */
  endedAt: number;
  /** Null when it ended in good order. */
  reason: string | null;
}

/** Nodes without a tunnel whose last one is remembered; the oldest is forgotten first. */
const MAX_ENDED = 10_000;

/**
 * The tunnels of a proxy: one a node, found by name in constant time. The newest takes the place of
 * an older one at once, which mostly is dead and does not know it yet.
 */
export class TunnelRegistry {
  readonly #sessions = new Map<string, TunnelSession>();
  readonly #ended = new Map<string, EndedTunnel>();
  readonly #changes = new ChangeFeed<TunnelChange>((change) =>
    change.type === "connected" ? change.tunnel.node : change.node
  );
  readonly #clock: Clock;

  constructor({ clock = SYSTEM_CLOCK }: { clock?: Clock } = {}) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Takes a session whose node has said hello; forgets it when it closes. */
  add(session: TunnelSession): void {
    const { node } = session;
    const older = this.#sessions.get(node);
    this.#sessions.set(node, session);
    this.#ended.delete(node);
    // One that drains makes way already, and lets what is under way end.
    if (older?.status.state === "open") {
      older.destroy(
        `displaced by a newer connection of "${node}" from ${session.remoteAddress}`,
      );
    } else older?.makeWay();
    this.#changes.tell({ type: "connected", tunnel: session.status });
    void session.closed.then((reason) => {
      if (this.#sessions.get(node) !== session) return;
      this.#sessions.delete(node);
      this.#noteEnd(node, reason);
      this.#changes.tell({ type: "disconnected", node, reason });
    });
  }

  /** The tunnel of a node, which may be draining; undefined when there is none. */
  get(node: string): TunnelSession | undefined {
    return this.#sessions.get(node);
  }

  /**
   * The tunnel of a node as soon as one is open: a node that drains one, to renew it or because its
   * daemon is being replaced, comes back within moments. Undefined when none came within `withinMs`.
   */
  async await(
    node: string,
    { withinMs, signal }: { withinMs: number; signal: AbortSignal },
  ): Promise<TunnelSession | undefined> {
    const find = () => {
      const session = this.#sessions.get(node);
      return session?.status.state === "open" ? session : undefined;
    };
    const found = Promise.withResolvers<void>();
    const look = () => void (find() && found.resolve());
    const cancel = this.#clock.after(withinMs, () => found.resolve());
    const abort = () => found.resolve();
    using _ = this.#changes.subscribe(look);
    signal.addEventListener("abort", abort);
    try {
      look();
      if (!signal.aborted) await found.promise;
      return find();
    } finally {
      cancel();
      signal.removeEventListener("abort", abort);
    }
  }

  /** How the last tunnel of a node that has none now ended; undefined when there was none. */
  lastOf(node: string): EndedTunnel | undefined {
    return this.#ended.get(node);
  }

  /** All of them. */
  list(): TunnelStatus[] {
    return [...this.#sessions.values()].map(({ status }) => status);
  }

  [Symbol.iterator](): IterableIterator<TunnelSession> {
    return this.#sessions.values();
  }

  /**
   * All tunnels, and then what changes, until `signal` aborts. Of a node whose tunnel changes faster
   * than the reader reads, only the last change is told.
   */
  watch(
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<TunnelChange, void, void> {
    return this.#changes.watch({
      initial: () =>
        this.list().map((tunnel) => ({ type: "connected", tunnel })),
      signal,
    });
  }

  #noteEnd(node: string, reason: string | null): void {
    this.#ended.delete(node);
    this.#ended.set(node, { endedAt: this.#clock.now(), reason });
    if (this.#ended.size <= MAX_ENDED) return;
    const [oldest] = this.#ended.keys();
    this.#ended.delete(oldest!);
  }
}
