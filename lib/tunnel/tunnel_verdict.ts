/** What is the matter with the tunnels of a node, in one word and its evidence. */
export type TunnelVerdict =
  /** Every proxy that is wanted is connected. */
  | { readonly type: "connected" }
  /** Some are missing, dials are under way, nothing is known to be wrong. */
  | { readonly type: "connecting"; readonly missing: readonly string[] }
  /** No proxy is connected and the latest dial failed. */
  | { readonly type: "unreachable"; readonly reason: string }
  /** Dials through the balancer reach proxies that are connected already, and no others. */
  | {
    readonly type: "sticky_balancer";
    readonly missing: readonly string[];
    /** The proxies that the balancer leads to. */
    readonly reached: readonly string[];
    readonly dials: number;
  };

/** A verdict as a line for a person, with what to do. */
export function describeVerdict(verdict: TunnelVerdict): string {
  switch (verdict.type) {
    case "connected":
      return "connected to every proxy";
    case "connecting":
      return verdict.missing.length === 0
        ? "not connected yet: looking for a first proxy"
        : `not connected to ${names(verdict.missing)} yet`;
    case "unreachable":
      return `no proxy can be reached: ${verdict.reason}`;
    case "sticky_balancer":
      return `not connected to ${names(verdict.missing)}: ${verdict.dials} ` +
        `dials through the balancer all reached ${names(verdict.reached)}; ` +
        "let the balancer spread connections of one source (round robin), or " +
        "let this host reach the proxies' own addresses";
  }
}

function names(ids: readonly string[]): string {
  return ids.map((id) => `"${id}"`).join(", ");
}
