/** How long a proxy that said it drains is left alone while no list has omitted it. */
const DRAIN_MS = 30_000;

/** What a tunnel said counts for so long: three rounds of gossip. */
const WORD_MS = 90_000;

/** The latest word of one tunnel on the proxy, since it omitted it first. */
interface Word {
  readonly at: number;
  readonly mentioned: boolean;
}

/**
 * The connection to a proxy ended. Says by the lists that come afterwards whether the proxy is
 * thought dead (*dormant*): one that drains at once, another when a list omits it. It is back when
 * most tunnels that omitted it mention it again; a single one may bring a list that is late. All
 * times are monotonic milliseconds.
 */
export class Loss {
  readonly #at: number;
  readonly #draining: boolean;
  /** By the proxy from which the tunnel comes. */
  readonly #words = new Map<string, Word>();

  constructor({ at, draining }: { at: number; draining: boolean }) {
    this.#at = at;
    this.#draining = draining;
  }

  /** A list came `from` a proxy and did, or did not, mention this one. */
  hear({ from, at, mentioned }: { from: string } & Word): void {
    if (mentioned && !this.#words.has(from)) return;
    this.#words.set(from, { at, mentioned });
  }

  isDormant(now: number): boolean {
    let [omitted, back] = [0, 0];
    for (const { at, mentioned } of this.#words.values()) {
      if (now - at >= WORD_MS) continue;
      if (mentioned) back++;
      else omitted++;
    }
    if (omitted + back > 0) return omitted >= back;
    return this.#draining && now - this.#at < DRAIN_MS;
  }
}
