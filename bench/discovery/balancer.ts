import type { SimulatedProxy } from "./simulated_proxy.ts";

export const BALANCERS = [
  "round-robin",
  "random",
  "least-connection",
  "source-hash",
] as const;

export type BalancerName = (typeof BALANCERS)[number];

/** Chooses a proxy that listens for a connection of the node with this number. */
export type Balancer = (
  proxies: readonly SimulatedProxy[],
  node: number,
) => SimulatedProxy | undefined;

export function makeBalancer(
  name: BalancerName,
  random: () => number,
): Balancer {
  let round = 0;
  switch (name) {
    case "round-robin":
      return (proxies) => proxies[round++ % proxies.length];
    case "random":
      return (proxies) => proxies[Math.floor(random() * proxies.length)];
    case "least-connection":
      return (proxies) =>
        proxies.reduce<SimulatedProxy | undefined>(
          (least, proxy) =>
            !least || proxy.connections.size < least.connections.size
              ? proxy
              : least,
          undefined,
        );
    case "source-hash":
      // Multiplied, so that neighbours do not get neighbours.
      return (proxies, node) =>
        proxies[(Math.imul(node, 2654435761) >>> 0) % proxies.length];
  }
}
