import type { NodeStatus, ProxyStatus } from "../../lib/api/presence.ts";

/** A node as it is known; what is left out is the same for all. */
export function node(
  name: string,
  more: Partial<NodeStatus> = {},
): NodeStatus {
  return {
    id: `id-${name}`,
    name,
    state: "online",
    lastSeen: "2026-01-01T00:00:00.000Z",
    roles: ["node"],
    version: "1.0.0",
    addresses: [],
    labels: {},
    load: null,
    proxies: [],
    ...more,
  };
}

/** A proxy as it is known. */
export function proxy(
  name: string,
  more: Partial<ProxyStatus> = {},
): ProxyStatus {
  const { labels: _, load: __, proxies: ___, ...rest } = node(name);
  return { ...rest, roles: ["proxy"], group: "", generation: 0, ...more };
}
