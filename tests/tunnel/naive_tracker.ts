import type { ProxyInfo } from "../../lib/tunnel/proxy_info.ts";

/** The rule that does not work: each list replaces what was known. */
export class NaiveTracker {
  #known: string[] = [];
  readonly #claimed = new Set<string>();

  update(proxies: readonly ProxyInfo[]): void {
    this.#known = proxies.map(({ id }) => id);
  }

  /** Whether it dials, and so may claim. */
  wantsMore(): boolean {
    return this.#known.some((id) => !this.#claimed.has(id));
  }

  /** A dial ends at this proxy, which is kept only when it was looked for. */
  reach(id: string): void {
    if (this.#known.includes(id)) this.#claimed.add(id);
  }

  lose(id: string): void {
    this.#claimed.delete(id);
  }

  get claimed(): string[] {
    return [...this.#claimed].sort();
  }
}
