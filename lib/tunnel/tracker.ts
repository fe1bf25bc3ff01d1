import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { DirectDials } from "./direct_dials.ts";
import { KnownProxies } from "./known_proxies.ts";
import { Landings } from "./landings.ts";
import { Lease, type LeaseEnd, type LeaseTarget } from "./lease.ts";
import type { ProxyInfo } from "./proxy_info.ts";
import { takeSnapshot, type TrackerSnapshot } from "./tracker_snapshot.ts";

export interface TrackerOptions {
  /**
   * A lease that is neither claimed nor released for so many milliseconds is taken back. Longer
   * than any handshake may take. @default {60_000}
   */
  overdueMs?: number;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
  /** A number in [0, 1): which of the missing proxies is dialled. @default {Math.random} */
  random?: () => number;
}

/**
 * `news`: gossip told of a proxy that was unknown or thought dead. `gossip`: a list came.
 * `released`: a lease was given back.
 */
export type TrackerChange = "news" | "gossip" | "released";

/** A tunnel that was cut within so many milliseconds was refused: as a dial that has failed. */
const REFUSED_WITHIN_MS = 10_000;

/** Two direct dials in a row that failed: own addresses are probably not reachable from here. */
const DOUBTFUL = 2;

/**
 * Knows the proxies of the cluster by gossip, which of them are claimed, and how many dials are
 * under way; decides from these when to dial, and whom. Does no I/O and never waits.
 *
 * A lease is granted while more proxies are desired than are claimed or dialled, and always when
 * nothing is claimed or dialled at all. Where own addresses of a missing proxy are known, the lease
 * names it, so that N proxies take about N dials behind any balancer; addresses that failed are
 * left alone for a while and the balancer is asked instead.
 */
export class Tracker {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #overdueMs: number;
  readonly #known: KnownProxies;
  readonly #direct: DirectDials;
  readonly #landings = new Landings();
  readonly #claimed = new Map<string, Lease>();
  /** When the lease of each of these claimed it, in monotonic milliseconds. */
  readonly #claimedAt = new Map<string, number>();
  /** Leases that are neither claimed nor released, with what cancels their watchdog. */
  readonly #inFlight = new Map<Lease, () => void>();
  readonly #listeners = new Set<(change: TrackerChange) => void>();
  #lastFailure: string | null = null;

  constructor(options: TrackerOptions = {}) {
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? Math.random;
    this.#overdueMs = options.overdueMs ?? 60_000;
    this.#known = new KnownProxies(this.#clock);
    this.#direct = new DirectDials(this.#clock);
  }

  /** Takes up a list that came from the proxy named `from`. Absence from it removes nothing. */
  update(proxies: readonly ProxyInfo[], { from }: { from: string }): void {
    this.#tell(this.#known.update(proxies, { from }) ? "news" : "gossip");
  }

  /**
   * A lease to dial now, or null when there is no need for another connection. `waiting` attempts of
   * the caller that failed and will ask again are counted as if they were under way.
   */
  tryAcquire({ waiting = 0 }: { waiting?: number } = {}): Lease | null {
    this.#known.sweep(this.#claimed);
    this.#direct.sweep(this.#known);
    const missing = this.#missing();
    const underWay = this.#inFlight.size + waiting;
    const idle = this.#claimed.size === 0 && underWay === 0;
    if (missing.length <= underWay && !idle) return null;
    return this.#grant(this.#choose(missing));
  }

  /**
   * Milliseconds until a proxy that is left alone after failed dials is worth one again; null when
   * there is none. Then `tryAcquire` may grant though nothing has changed.
   */
  dueInMs(): number | null {
    const waits = this.#known.desired()
      .filter(({ info }) =>
        info.addresses.length > 0 && !this.#claimed.has(info.id)
      )
      .map(({ info }) => this.#direct.get(info).until - this.#clock.monotonic())
      .filter((ms) => ms > 0);
    return waits.length === 0 ? null : Math.min(...waits);
  }

  /** Calls `listener` after each change that may have made a lease due. */
  subscribe(listener: (change: TrackerChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** What it knows and why what is missing is missing. */
  snapshot(): TrackerSnapshot {
    this.#known.sweep(this.#claimed);
    return takeSnapshot({
      known: this.#known,
      direct: this.#direct,
      landings: this.#landings,
      claimed: [...this.#claimed.keys()],
      inFlight: [...this.#inFlight.keys()].map(({ target }) => target),
      lastFailure: this.#lastFailure,
      now: this.#clock.monotonic(),
    });
  }

  /**
   * Desired, not claimed, and worth a dial now. Without any tunnel also those that are thought dead:
   * nobody is left to say that they are back, and the host can't be reached until one is.
   */
  #missing(): ProxyInfo[] {
    const cutOff = this.#claimed.size === 0;
    const desired = this.#known.desired({ dormant: cutOff });
    return desired.map(({ info }) => info).filter((info) =>
      !this.#claimed.has(info.id) &&
      (this.#direct.mayDial(info, { soon: cutOff }) ||
        this.#direct.needsBalancer(info))
    );
  }

  #choose(missing: ProxyInfo[]): LeaseTarget {
    const aimed = new Set<string>();
    for (const { target } of this.#inFlight.keys()) {
      if (target.type === "direct") aimed.add(target.proxy);
    }
    const doubtful = this.#direct.failuresInRow >= DOUBTFUL && aimed.size > 0;
    const soon = this.#claimed.size === 0;
    const candidates = doubtful
      ? []
      : missing.filter((info) =>
        !aimed.has(info.id) && this.#direct.mayDial(info, { soon })
      );
    // By chance, because every node has the same list and would begin with the same proxy.
    const chosen = candidates[Math.floor(this.#random() * candidates.length)];
    if (!chosen) return { type: "balancer" };
    const { id: proxy, addresses } = chosen;
    return { type: "direct", proxy, addresses };
  }

  #grant(target: LeaseTarget): Lease {
    const lease = new Lease(target, {
      claim: (lease, proxy) => this.#claim(lease, proxy),
      release: (lease, last) => this.#release(lease, last),
    });
    const watchdog = this.#clock.after(this.#overdueMs, () => lease.expire());
    this.#inFlight.set(lease, watchdog);
    return lease;
  }

  #claim(lease: Lease, proxy: string): boolean {
    const { target } = lease;
    if (target.type === "direct") {
      if (target.proxy === proxy) this.#direct.reached(target);
      else this.#direct.failed(target, `it led to "${proxy}"`);
    }
    if (this.#claimed.has(proxy)) {
      if (target.type === "balancer") this.#landings.onClaimed(proxy);
      return false;
    }
    if (target.type === "balancer") this.#landings.clear();
    this.#settle(lease);
    this.#claimed.set(proxy, lease);
    this.#claimedAt.set(proxy, this.#clock.monotonic());
    this.#known.reached(proxy);
    this.#lastFailure = null;
    return true;
  }

  #release(
    lease: Lease,
    { end, claimed }: { end: LeaseEnd; claimed: string | null },
  ): void {
    if (claimed === null) {
      this.#settle(lease);
      this.#noteFailure(lease.target, end);
    } else {
      this.#claimed.delete(claimed);
      this.#noteEnd(lease.target, { proxy: claimed, end });
      this.#claimedAt.delete(claimed);
      this.#known.lost(claimed, { draining: end.type === "draining" });
    }
    this.#tell("released");
  }

  /** A proxy that refuses this host, as one that was revoked, does so on the connection. */
  #noteEnd(
    target: LeaseTarget,
    { proxy, end }: { proxy: string; end: LeaseEnd },
  ): void {
    const ms = this.#clock.monotonic() - this.#claimedAt.get(proxy)!;
    const reason = end.type === "failed" ? end.reason : null;
    if (reason !== null) this.#lastFailure = reason;
    if (target.type !== "direct") return;
    if (reason !== null && ms < REFUSED_WITHIN_MS) {
      this.#direct.failed(target, reason);
    } else this.#direct.succeeded(target);
  }

  #noteFailure(target: LeaseTarget, end: LeaseEnd): void {
    if (end.type !== "failed" && end.type !== "overdue") return;
    const reason = end.type === "failed"
      ? end.reason
      : "the dial did not end in time";
    this.#lastFailure = reason;
    if (target.type === "direct") this.#direct.failed(target, reason);
  }

  #settle(lease: Lease): void {
    this.#inFlight.get(lease)?.();
    this.#inFlight.delete(lease);
  }

  #tell(change: TrackerChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
