/** A balancer is called sticky when a fair one would do this once in a thousand runs. */
const UNLIKELY = 0.001;

/**
 * Where dials through the balancer ended since one of them reached a proxy that was not claimed:
 * the evidence for a balancer that sends this node to the same proxies always (by a hash of the
 * source address, a stick table, or a round of its own that is in step with ours).
 */
export class Landings {
  readonly #proxies = new Set<string>();
  #dials = 0;

  get dials(): number {
    return this.#dials;
  }

  /** Proxies that were reached, each of them claimed already. */
  get proxies(): string[] {
    return [...this.#proxies].sort();
  }

  /** A dial through the balancer ended at a proxy that was claimed. */
  onClaimed(id: string): void {
    this.#dials++;
    this.#proxies.add(id);
  }

  /** One reached a proxy that was not. */
  clear(): void {
    this.#dials = 0;
    this.#proxies.clear();
  }

  /**
   * Whether a fair balancer in front of `count` proxies is out of the question. That k dials end
   * among some d of n proxies has a chance of at most C(n, d) · (d/n)^k.
   */
  areSticky(count: number): boolean {
    const d = this.#proxies.size;
    if (d === 0 || d >= count) return false;
    return choose(count, d) * (d / count) ** this.#dials < UNLIKELY;
  }
}

function choose(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways = ways * (n - k + i) / i;
  return ways;
}
