import type { Service } from "../../supervisor/mod.ts";
import type { PeerLinks } from "../../tunnel/mod.ts";
import type { DaemonEvents } from "../events.ts";
import type { MemberRenewal } from "../cluster/member_renewal.ts";
import type { Membership } from "../cluster/membership.ts";

/** What {@linkcode registerService} looks after. */
export interface RegisterServiceParts {
  membership: Membership;
  renewal: MemberRenewal;
  /** The way to the servers of the cluster, once there is an identity. */
  links: PeerLinks;
}

/**
 * A host's place in a cluster whose authority is elsewhere: it joins, or comes back, before anything
 * else begins, and has its certificate renewed from then on.
 */
export function registerService(
  { membership, renewal, links }: RegisterServiceParts,
): Service<DaemonEvents> {
  return {
    name: "register",
    critical: true,
    endless: true,
    needs: ["identity"],
    async run(signal, bus) {
      const created = await membership.ensure({ signal });
      bus.broadcast("Joined", { created });
      await bus.waitFor("IdentityReady", { signal });
      // Until then the one whose place it takes does so.
      await bus.waitFor("PlaceTaken", { signal });
      await renewal.run({
        signal,
        calls: {
          call: (call) =>
            links.call(call, { servers: () => membership.servers.list() }),
        },
      });
    },
  };
}
