/** The host of `host:port`, `[address]:port`, `[address]` or `host`, without brackets. */
export function hostOf(address: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(address);
  if (bracketed) return bracketed[1]!;
  const parts = address.split(":");
  // More colons are those of an IPv6 address.
  return parts.length === 2 ? parts[0]! : address;
}
