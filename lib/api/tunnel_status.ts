/**
 * How a node looks for its proxies: `GET /v1/tunnels/discovery`. The types are what the agent pool's
 * snapshot is as JSON.
 */

/** A proxy that gossip has told of. */
export interface TrackedProxyStatus {
  id: string;
  group: string;
  generation: number;
  /** Its own, `host:port`. */
  addresses: string[];
  /**
   * `claimed`: connected. `in_flight`: its own address is being dialled. `missing`: wanted.
   * `dormant`: its connection ended and gossip does not mention it. `outdated`: a newer generation
   * of its group has replaced it.
   */
  state: "claimed" | "in_flight" | "missing" | "dormant" | "outdated";
  mentionedMsAgo: number;
  /** Why its own addresses are left alone, and for how long; null when they are not. */
  direct: { reason: string; failures: number; retryInMs: number } | null;
}

/** A tunnel of the node's. */
export interface AgentStatus {
  /** Name of the proxy. */
  proxy: string;
  /** Whether it was dialled at its own address or through the balancer. */
  via: "direct" | "balancer";
  state: "serving" | "draining";
}

/** What a node's agent pool knows and does. */
export interface AgentPoolStatus {
  /** Seen in gossip and not forgotten, by id. */
  proxies: TrackedProxyStatus[];
  /** Connected, by id; also such as no gossip has told of. */
  claimed: string[];
  /** Dials under way. */
  inFlight: number;
  /** Dials through the balancer in a row that ended at a proxy which was claimed, and at which. */
  landings: { dials: number; proxies: string[] };
  /** Why the latest dial reached nothing; null when one has reached a proxy since. */
  lastFailure: string | null;
  agents: AgentStatus[];
  /** Milliseconds until an attempt that failed is repeated; null when none waits. */
  nextRetryInMs: number | null;
}

/** What is the matter, for programs and for people. */
export interface TunnelVerdictStatus {
  kind: "connected" | "connecting" | "unreachable" | "sticky_balancer";
  /** A line, with what to do. */
  message: string;
}

/**
 * The answer. A server that dials nobody, because it listens itself, answers `UNSUPPORTED`.
 */
export interface TunnelDiscovery {
  agents: AgentPoolStatus;
  verdict: TunnelVerdictStatus;
  /** Where it dials when gossip has told it nothing better: the setting `proxy`, `host:port`. */
  proxies: string[];
}
