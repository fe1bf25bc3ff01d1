import type { Clock } from "../clock.ts";
import type { ProxyInfo } from "./proxy_info.ts";

/** After the first failure; each further one doubles it. */
const FIRST_MS = 2_000;
const LONGEST_MS = 300_000;

/** Who has no tunnel at all does not wait for longer than this. */
const SOON_MS = 8_000;

/** Addresses that have worked are given up for the balancer after so many failures, some 30 s. */
const GIVE_UP = 4;

/** How dials to a proxy's own addresses went. */
export interface DirectRecord {
  readonly addresses: readonly string[];
  /** They have led to the proxy. */
  readonly proven: boolean;
  /** Failures in a row. */
  readonly failures: number;
  /** Monotonic milliseconds of the latest failure. */
  readonly failedAt: number;
  /** Monotonic milliseconds until which they are not tried. */
  readonly until: number;
  /** Of the latest failure; empty when there was none. */
  readonly reason: string;
}

/** A proxy and the addresses that were dialled. */
export interface DirectTarget {
  readonly proxy: string;
  readonly addresses: readonly string[];
}

/**
 * Remembers how dials to the proxies' own addresses went. Those that failed are left alone for 2 s,
 * and twice as long after each further failure, at most 5 min. What is remembered holds for these
 * addresses only: when gossip tells others, they are tried at once.
 */
export class DirectDials {
  readonly #clock: Clock;
  readonly #records = new Map<string, DirectRecord>();
  #inRow = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Failures since any proxy was last reached directly. Where two in a row failed, own addresses
   * are probably of no use from here, and most dials should not wait for them to time out.
   */
  get failuresInRow(): number {
    return this.#inRow;
  }

  failed(target: DirectTarget, reason: string): void {
    this.#inRow++;
    const { proven, failures } = this.#recordOf(target);
    const waitMs = Math.min(FIRST_MS * 2 ** failures, LONGEST_MS);
    const failedAt = this.#clock.monotonic();
    this.#records.set(target.proxy, {
      addresses: target.addresses,
      proven,
      failures: failures + 1,
      failedAt,
      until: failedAt + waitMs,
      reason,
    });
  }

  /** They led to the proxy; whether it wants this host is not known yet. */
  reached(target: DirectTarget): void {
    this.#inRow = 0;
    const record = this.#recordOf(target);
    this.#records.set(target.proxy, { ...record, proven: true });
  }

  /** The proxy was reached, and has served. */
  succeeded({ proxy, addresses }: DirectTarget): void {
    this.#inRow = 0;
    this.#records.set(proxy, { ...UNTRIED, addresses, proven: true });
  }

  /** What is known of a proxy at the addresses that it has now. */
  get({ id, addresses }: ProxyInfo): DirectRecord {
    return this.#recordOf({ proxy: id, addresses });
  }

  /**
   * Whether the addresses of this proxy are worth a dial now.
   *
   * @param options.soon At most 8 s after a failure, instead of 5 min: there is no other tunnel.
   * @default {false} options.soon
   */
  mayDial(info: ProxyInfo, { soon = false } = {}): boolean {
    const { until, failedAt } = this.get(info);
    const due = soon ? Math.min(until, failedAt + SOON_MS) : until;
    return info.addresses.length > 0 && due <= this.#clock.monotonic();
  }

  /**
   * Whether the balancer is to be asked for it while its own addresses are not dialled. Not where
   * these have worked: that they do not now says that the proxy is down, and the balancer would
   * only lead to others.
   */
  needsBalancer(info: ProxyInfo): boolean {
    const { proven, failures } = this.get(info);
    return !proven || failures >= GIVE_UP;
  }

  /** Forgets proxies that are not known any more. */
  sweep(known: { get(id: string): unknown }): void {
    for (const id of this.#records.keys()) {
      if (known.get(id) === undefined) this.#records.delete(id);
    }
  }

  #recordOf({ proxy, addresses }: DirectTarget): DirectRecord {
    const record = this.#records.get(proxy);
    return record && sameAddresses(record.addresses, addresses)
      ? record
      : { ...UNTRIED, addresses };
  }
}

const UNTRIED = {
  proven: false,
  failures: 0,
  failedAt: -Infinity,
  until: -Infinity,
  reason: "",
};

function sameAddresses(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((address, i) => address === b[i]);
}
