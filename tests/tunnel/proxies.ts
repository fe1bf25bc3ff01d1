import type { ProxyInfo } from "../../lib/tunnel/proxy_info.ts";

/** A proxy of the default group, as gossip tells of it, without an address unless one is given. */
export function proxy(id: string, info: Partial<ProxyInfo> = {}): ProxyInfo {
  return {
    ...{ id, group: "default", generation: 1, addresses: [], ttlMs: 180_000 },
    ...info,
  };
}

/** Several of these, named by their letters: `proxies("AB")`. */
export function proxies(ids: string): ProxyInfo[] {
  return [...ids].map((id) => proxy(id));
}
