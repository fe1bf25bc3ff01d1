/** How a server can be reached, for people: where it listens, or through whom. */
export function describeWays(
  { addresses, proxies }: {
    /** Where it listens, `host:port`. */
    addresses: readonly string[];
    /** Whom it dials, when it does not listen. */
    proxies: readonly string[];
  },
): string {
  return addresses.length > 0
    ? `listens on ${addresses.join(", ")}`
    : `is reached through the proxies of ${proxies.join(", ")}`;
}
