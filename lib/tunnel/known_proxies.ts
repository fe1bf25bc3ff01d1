import type { Clock } from "../clock.ts";
import { Loss } from "./loss.ts";
import type { ProxyInfo } from "./proxy_info.ts";

/** A proxy that gossip has mentioned and whose time to live is not over. */
export interface KnownProxy {
  readonly info: ProxyInfo;
  /** Monotonic milliseconds of the latest mention. */
  readonly mentionedAt: number;
  /** Set while the connection to it was lost, or given up, and no new one was made. */
  readonly lost: Loss | null;
}

/**
 * What gossip has told: the union of all lists, each proxy with a time to live of its own. Lists
 * may come late, twice and in any order, so absence from one removes nothing.
 *
 * Absence says something of a proxy whose connection was lost, though: that its death is known.
 * Such a one is dormant, remembered but not wanted, until it is mentioned again.
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

  /**
   * Takes up a list that came from the proxy named `from`; answers whether it mentions one that was
   * unknown or dormant.
   */
  update(proxies: readonly ProxyInfo[], { from }: { from: string }): boolean {
    const at = this.#clock.monotonic();
    let news = false;
    for (const info of proxies) {
      const before = this.#known.get(info.id);
      const wasWanted = before !== undefined && !this.isDormant(before);
      // A higher generation is another program: that the one before it ended says nothing of it.
      const replaced = before && info.generation > before.info.generation;
      const lost = replaced ? null : before?.lost ?? null;
      lost?.hear({ from, at, mentioned: true });
      // As told last, even an older generation: what a late list spoils the next one mends, and
      // a deployment that went back is not refused for ever.
      const proxy = { info, mentionedAt: at, lost };
      this.#known.set(info.id, proxy);
      news ||= !wasWanted && !this.isDormant(proxy);
    }
    for (const [id, { lost }] of this.#known) {
      if (lost && !proxies.some((info) => info.id === id)) {
        lost.hear({ from, at, mentioned: false });
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
    this.#mark(id, new Loss({ at: this.#clock.monotonic(), draining }));
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
    return lost !== null && lost.isDormant(this.#clock.monotonic());
  }

  /**
   * Those to be connected with: of every group all of the highest generation that is not dormant, or
   * with `dormant` such as are, too.
   *
   * @default {false} options.dormant
   */
  desired({ dormant = false } = {}): KnownProxy[] {
    const highest = new Map<string, number>();
    const awake: KnownProxy[] = [];
    for (const proxy of this.#known.values()) {
      if (!dormant && this.isDormant(proxy)) continue;
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
