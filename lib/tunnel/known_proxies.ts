import type { Clock } from "../clock.ts";
import type { ProxyInfo } from "./proxy_info.ts";

/** How long a proxy that said it drains is left alone when gossip goes on to mention it. */
const DRAIN_MS = 30_000;

/** A proxy that gossip has mentioned and whose time to live is not over. */
export interface KnownProxy {
  readonly info: ProxyInfo;
  /** Monotonic milliseconds of the latest mention. */
  readonly mentionedAt: number;
  /** Set while the connection to it was lost, or given up, and no new one was made. */
  readonly lost: Loss | null;
}

interface Loss {
  /** It said itself that it ends. */
  readonly draining: boolean;
  readonly at: number;
  /** A list that came afterwards did not mention it. */
  readonly absent: boolean;
}

/**
 * What gossip has told: the union of all lists, each proxy with a time to live of its own. Lists
 * may come late, twice and in any order, so absence from one removes nothing.
 *
 * Absence says something of a proxy whose connection was lost, though: that its death is known.
 * Such a one is *dormant*, remembered but not wanted, until somebody mentions it again. A proxy
 * that drains is dormant at once.
 */
export class KnownProxies {
  readonly #clock: Clock;
  readonly #known = new Map<string, KnownProxy>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#known.size;
  }

  get(id: string): KnownProxy | undefined {
    return this.#known.get(id);
  }

  values(): Iterable<KnownProxy> {
    return this.#known.values();
  }

  /** Takes up a list; answers whether a proxy was mentioned that was unknown or dormant. */
  update(proxies: readonly ProxyInfo[]): boolean {
    const mentionedAt = this.#clock.monotonic();
    let news = false;
    const mentioned = new Set<string>();
    for (const info of proxies) {
      mentioned.add(info.id);
      const before = this.#known.get(info.id);
      const lost = before?.lost ?? null;
      const back = lost?.absent === true ||
        (before !== undefined && info.generation > before.info.generation);
      if (!before || (lost && back)) news = true;
      this.#known.set(info.id, {
        // As told last, even an older generation: what a late list spoils the next one mends, and
        // a deployment that went back is not refused for ever.
        info,
        mentionedAt,
        lost: back ? null : lost,
      });
    }
    for (const [id, proxy] of this.#known) {
      if (proxy.lost && !proxy.lost.absent && !mentioned.has(id)) {
        this.#known.set(id, {
          ...proxy,
          lost: { ...proxy.lost, absent: true },
        });
      }
    }
    return news;
  }

  /** A connection to it was made: whatever was feared, it is there. */
  reached(id: string): void {
    this.#mark(id, null);
  }

  /** The connection to it ended, or is about to. */
  lost(id: string, { draining }: { draining: boolean }): void {
    const at = this.#clock.monotonic();
    this.#mark(id, { draining, at, absent: false });
  }

  /** Forgets those whose time to live is over, but none that `keep` holds. */
  sweep(keep: { has(id: string): boolean }): void {
    const now = this.#clock.monotonic();
    for (const [id, { info, mentionedAt }] of this.#known) {
      if (now - mentionedAt >= info.ttlMs && !keep.has(id)) {
        this.#known.delete(id);
      }
    }
  }

  isDormant({ lost }: KnownProxy): boolean {
    if (!lost) return false;
    if (lost.absent) return true;
    return lost.draining && this.#clock.monotonic() - lost.at < DRAIN_MS;
  }

  /** Those to be connected with: of every group all of the highest generation that is not dormant. */
  desired(): KnownProxy[] {
    const highest = new Map<string, number>();
    const awake: KnownProxy[] = [];
    for (const proxy of this.#known.values()) {
      if (this.isDormant(proxy)) continue;
      awake.push(proxy);
      const { group, generation } = proxy.info;
      const known = highest.get(group);
      if (known === undefined || generation > known) {
        highest.set(group, generation);
      }
    }
    return awake.filter(({ info }) =>
      info.generation === highest.get(info.group)
    );
  }

  #mark(id: string, lost: Loss | null): void {
    const proxy = this.#known.get(id);
    if (proxy) this.#known.set(id, { ...proxy, lost });
  }
}
