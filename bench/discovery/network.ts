/** What the simulated network does to connections and to gossip. Times are in milliseconds. */
export interface Network {
  /** Shortest and longest handshake. */
  handshakeMs: readonly [number, number];
  /** Shortest and longest way of a message that is not late. */
  messageMs: readonly [number, number];
  /** The share of messages that are late, and by how much at most: they arrive out of order. */
  late: number;
  latestMs: number;
  /** The share of messages that are lost. */
  dropped: number;
  /** Whether nodes reach the proxies' own addresses; where not, a dial to them hangs. */
  direct: boolean;
  /** Whether gossip tells them. */
  addresses: boolean;
}

export const BAD_NETWORK: Network = {
  handshakeMs: [20, 120],
  messageMs: [5, 100],
  late: 0.1,
  latestMs: 20_000,
  dropped: 0.1,
  direct: true,
  addresses: true,
};

/** How long a message is on its way; null when it is lost. */
export function messageDelay(
  network: Network,
  random: () => number,
): number | null {
  if (random() < network.dropped) return null;
  if (random() < network.late) return random() * network.latestMs;
  return between(network.messageMs, random);
}

export function between(
  [least, most]: readonly [number, number],
  random: () => number,
): number {
  return least + random() * (most - least);
}
