import type { MemberDirectory } from "../../cluster/mod.ts";
import { aborted } from "../../supervisor/aborted.ts";
import type { Service } from "../../supervisor/mod.ts";
import type { TunnelServer } from "../../tunnel/mod.ts";
import type { DaemonEvents } from "../events.ts";

/** So often certificates of nodes are looked at, which end by themselves: ms. */
const RECHECK_MS = 60_000;

/** What a proxy's tunnels follow. */
export interface GossipServiceParts {
  tunnels: TunnelServer;
  directory: MemberDirectory;
}

/**
 * Tells the nodes of a proxy at once when proxies come and go, and cuts the tunnels of nodes whose
 * certificate was revoked or is over.
 */
export function gossipService(
  { tunnels, directory }: GossipServiceParts,
): Service<DaemonEvents> {
  return {
    name: "gossip",
    endless: true,
    needs: ["identity"],
    async run(signal, bus) {
      const { identity } = await bus.waitFor("IdentityReady", { signal });
      const recheck = () => tunnels.recheck((who) => identity.recheck(who));
      using reloads = bus.subscribe("CertificatesReloaded");
      void (async () => {
        for await (const _ of reloads) recheck();
      })();
      const timer = setInterval(recheck, RECHECK_MS);
      try {
        await Promise.race([tellChanges(), aborted(signal)]);
      } finally {
        clearInterval(timer);
      }

      async function tellChanges(): Promise<void> {
        for await (const _ of directory.watch("proxy", { signal })) {
          tunnels.gossip();
        }
      }
    },
  };
}
