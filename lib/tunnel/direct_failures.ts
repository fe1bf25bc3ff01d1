import type { Clock } from "../clock.ts";
import type { ProxyInfo } from "./proxy_info.ts";

/** After the first failure; each further one doubles it. */
const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;

/** What is remembered of a proxy whose own addresses did not lead to it. */
export interface DirectFailure {
  readonly addresses: readonly string[];
  /** Failures in a row. */
  readonly failures: number;
  /** Monotonic milliseconds until which these addresses are not tried. */
  readonly until: number;
  readonly reason: string;
}

/**
 * Remembers proxies whose own addresses do not work from here, for 10 s after the first failure and
 * twice as long after each further one, at most 5 min. Other addresses in the gossip are tried at
 * once.
 */
export class DirectFailures {
  readonly #clock: Clock;
  readonly #failures = new Map<string, DirectFailure>();
  #inRow = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Failures since any proxy was last reached directly. Where two in a row failed, own addresses
   * are probably of no use from here, and most dials should not wait for them to time out.
   */
  get inRow(): number {
    return this.#inRow;
  }

  get(id: string): DirectFailure | undefined {
    return this.#failures.get(id);
  }

  failed(
    { id, addresses }: Pick<ProxyInfo, "id" | "addresses">,
    reason: string,
  ): void {
    this.#inRow++;
    const before = this.#failures.get(id);
    const failures = before && sameAddresses(before.addresses, addresses)
      ? before.failures + 1
      : 1;
    const waitMs = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
    const until = this.#clock.monotonic() + waitMs;
    this.#failures.set(id, { addresses, failures, until, reason });
  }

  succeeded(id: string): void {
    this.#inRow = 0;
    this.#failures.delete(id);
  }

  /** Whether the addresses of this proxy are worth a dial now. */
  mayDial({ id, addresses }: ProxyInfo): boolean {
    if (addresses.length === 0) return false;
    const failure = this.#failures.get(id);
    return !failure || failure.until <= this.#clock.monotonic() ||
      !sameAddresses(failure.addresses, addresses);
  }

  /** Forgets proxies that are not known any more. */
  sweep(known: { get(id: string): unknown }): void {
    for (const id of this.#failures.keys()) {
      if (known.get(id) === undefined) this.#failures.delete(id);
    }
  }
}

function sameAddresses(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((address, i) => address === b[i]);
}
