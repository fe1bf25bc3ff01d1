import type { ProxyStatus } from "../../api/presence.ts";
import type { ProxyInfo } from "../../tunnel/mod.ts";

/** Nodes forget a proxy that no proxy has mentioned for so long, ms. */
const REMEMBERED_MS = 180_000;

/**
 * The proxies that nodes are told of: those that are heard of, and the one that tells, of which
 * nobody needs to be heard.
 */
export function proxyList(
  proxies: readonly ProxyStatus[],
  own: Omit<ProxyInfo, "ttlMs">,
): ProxyInfo[] {
  const others = proxies
    .filter(({ name, state }) => state === "online" && name !== own.id)
    .map(({ name, group, generation, addresses }) => ({
      ...{ id: name, group, generation, addresses },
      ttlMs: REMEMBERED_MS,
    }));
  return [{ ...own, ttlMs: REMEMBERED_MS }, ...others];
}
