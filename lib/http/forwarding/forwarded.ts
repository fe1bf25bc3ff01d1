/** The field by which a proxy tells who asked it (RFC 7239). */
export const FORWARDED = "forwarded";

/** Somebody whose address the proxy does not know. */
const UNKNOWN = "unknown";

/** Who asked, as a value of `Forwarded`. `remoteAddress` is `host:port`. */
export function encodeForwarded(remoteAddress: string): string {
  const address = isAddress(remoteAddress) ? remoteAddress : UNKNOWN;
  return `for="${address}";proto=https`;
}

/** The `host:port` of a value that {@linkcode encodeForwarded} made, else `unknown`. */
export function parseForwarded(value: string | string[] | undefined): string {
  const address = typeof value === "string"
    ? /^for="([^"]{1,64})";proto=https$/.exec(value)?.[1]
    : undefined;
  return address !== undefined && isAddress(address) ? address : UNKNOWN;
}

/** An IP address with a port, the one of IPv6 in brackets. */
function isAddress(text: string): boolean {
  return /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-fA-F:.]{2,45}\]):\d{1,5}$/
    .test(text);
}
