import type { MemberDirectory } from "../../cluster/mod.ts";
import { aborted } from "../../supervisor/aborted.ts";
import type { Service } from "../../supervisor/mod.ts";
import type { TunnelServer } from "../../tunnel/mod.ts";
import { keepRechecking } from "../cluster/keep_rechecking.ts";
import type { DaemonEvents } from "../events.ts";

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
      using _rechecks = keepRechecking(
        bus,
        () => tunnels.recheck((who) => identity.recheck(who)),
      );
      await Promise.race([tellChanges(), aborted(signal)]);

      async function tellChanges(): Promise<void> {
        for await (const _ of directory.watch("proxy", { signal })) {
          tunnels.gossip();
        }
      }
    },
  };
}
