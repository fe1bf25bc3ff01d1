import type { TunnelRecord } from "../../api/presence.ts";
import type { TunnelLine, TunnelSource } from "../../http/cluster_services.ts";
import type { TunnelRegistry, TunnelStatus } from "../../tunnel/mod.ts";

/** The tunnels of a proxy as its API shows them. */
export function tunnelSource(registry: TunnelRegistry): TunnelSource {
  return {
    list: () => registry.list().map(recordOf),
    async *watch({ signal }): AsyncGenerator<TunnelLine> {
      for await (const change of registry.watch({ signal })) {
        yield change.type === "connected"
          ? { type: "tunnel", ...recordOf(change.tunnel) }
          : { type: "removed", node: change.node, reason: change.reason };
      }
    },
  };
}

function recordOf(status: TunnelStatus): TunnelRecord {
  const { node, state, remoteAddress, version, requests, backlog } = status;
  return {
    ...{ node, state, remoteAddress, version, requests, backlog },
    since: new Date(status.since).toISOString(),
  };
}
