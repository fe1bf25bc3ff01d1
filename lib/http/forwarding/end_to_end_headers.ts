/** What concerns one hop only (RFC 9110, 7.6.1; RFC 9113, 8.2.2). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Header fields as they are passed on: without those of this hop, and those that `Connection` names. */
export function endToEndHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  { without = [] }: { without?: readonly string[] } = {},
): Record<string, string | string[]> {
  const named = String(headers.connection ?? "").toLowerCase().split(",")
    .map((name) => name.trim());
  const left = new Set([...without, ...named]);
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(":")) continue;
    if (!HOP_BY_HOP.has(name) && !left.has(name)) kept[name] = value;
  }
  return kept;
}
