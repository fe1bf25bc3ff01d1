import type { DirectDials } from "./direct_dials.ts";
import type { KnownProxies, KnownProxy } from "./known_proxies.ts";
import type { Landings } from "./landings.ts";
import type { LeaseTarget } from "./lease.ts";
import type { TunnelVerdict } from "./tunnel_verdict.ts";

/**
 * `claimed`: connected. `in_flight`: its own address is being dialled. `missing`: wanted.
 * `dormant`: its connection ended and gossip does not mention it. `outdated`: of a generation that
 * a newer one of its group has replaced.
 */
export type ProxyState =
  | "claimed"
  | "in_flight"
  | "missing"
  | "dormant"
  | "outdated";

/** A proxy as the tracker sees it. */
export interface TrackedProxy {
  readonly id: string;
  readonly group: string;
  readonly generation: number;
  readonly addresses: readonly string[];
  readonly state: ProxyState;
  /** Milliseconds since gossip mentioned it. */
  readonly mentionedMsAgo: number;
  /** Why its own addresses are left alone, and for how many milliseconds; null when they are not. */
  readonly direct: {
    readonly reason: string;
    readonly failures: number;
    readonly retryInMs: number;
  } | null;
}

/** What a tracker knows, at one moment. */
export interface TrackerSnapshot {
  /** Seen in gossip and not forgotten, by id. */
  readonly proxies: readonly TrackedProxy[];
  /** Connected, by id; also such as no gossip has told of. */
  readonly claimed: readonly string[];
  /** Dials under way. */
  readonly inFlight: number;
  /** Dials through the balancer in a row that ended at a proxy which was claimed, and at which. */
  readonly landings: {
    readonly dials: number;
    readonly proxies: readonly string[];
  };
  /** Why the latest dial reached nothing, or the latest tunnel was cut; null when one was claimed since. */
  readonly lastFailure: string | null;
  readonly verdict: TunnelVerdict;
}

/** What a snapshot is made of. */
export interface SnapshotSource {
  known: KnownProxies;
  direct: DirectDials;
  landings: Landings;
  claimed: string[];
  inFlight: LeaseTarget[];
  lastFailure: string | null;
  /** Monotonic milliseconds. */
  now: number;
}

export function takeSnapshot(source: SnapshotSource): TrackerSnapshot {
  const { known, direct, landings, lastFailure, now } = source;
  const claimed = new Set(source.claimed);
  const aimed = new Set(
    source.inFlight.map((target) =>
      target.type === "direct" ? target.proxy : null
    ),
  );
  const desired = new Set(known.desired());
  const stateOf = (proxy: KnownProxy): ProxyState =>
    claimed.has(proxy.info.id)
      ? "claimed"
      : aimed.has(proxy.info.id)
      ? "in_flight"
      : desired.has(proxy)
      ? "missing"
      : known.isDormant(proxy)
      ? "dormant"
      : "outdated";
  const proxies = [...known.values()].map((proxy): TrackedProxy => {
    const { id, group, generation, addresses } = proxy.info;
    const failure = direct.get(proxy.info);
    return {
      ...{ id, group, generation, addresses },
      state: stateOf(proxy),
      mentionedMsAgo: now - proxy.mentionedAt,
      direct: failure.until > now
        ? {
          reason: failure.reason,
          failures: failure.failures,
          retryInMs: failure.until - now,
        }
        : null,
    };
  }).sort((a, b) => a.id < b.id ? -1 : 1);
  return {
    proxies,
    claimed: [...claimed].sort(),
    inFlight: source.inFlight.length,
    landings: { dials: landings.dials, proxies: landings.proxies },
    lastFailure,
    verdict: judge({
      ...{ desired, claimed, landings, lastFailure, now },
    }),
  };
}

function judge({ desired, claimed, landings, lastFailure, now }: {
  desired: Set<KnownProxy>;
  claimed: Set<string>;
  landings: Landings;
  lastFailure: string | null;
  now: number;
}): TunnelVerdict {
  const wanted = [...desired].filter(({ info }) => !claimed.has(info.id));
  const missing = wanted.map(({ info }) => info.id).sort();
  if (claimed.size === 0) {
    return lastFailure === null
      ? { type: "connecting", missing }
      : { type: "unreachable", reason: lastFailure };
  }
  if (missing.length === 0) return { type: "connected" };
  // One that nobody has mentioned for a while may be dead, which is no fault of the balancer.
  const alive = wanted.filter(({ info, mentionedAt }) =>
    now - mentionedAt < info.ttlMs / 3
  );
  if (alive.length > 0 && landings.areSticky(claimed.size + alive.length)) {
    const { dials, proxies: reached } = landings;
    return { type: "sticky_balancer", missing, reached, dials };
  }
  return { type: "connecting", missing };
}
