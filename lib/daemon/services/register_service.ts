import type { Service } from "../../supervisor/mod.ts";
import { PeerLinks } from "../../tunnel/mod.ts";
import type { DaemonEvents } from "../events.ts";
import type { MemberRenewal } from "../member_renewal.ts";
import type { Membership } from "../membership.ts";

/** What {@linkcode registerService} looks after. */
export interface RegisterServiceParts {
  membership: Membership;
  renewal: MemberRenewal;
}

/**
 * A host's place in a cluster whose authority is elsewhere: it joins, or comes back, before anything
 * else begins, and has its certificate renewed from then on.
 */
export function registerService(
  { membership, renewal }: RegisterServiceParts,
): Service<DaemonEvents> {
  return {
    name: "register",
    critical: true,
    endless: true,
    needs: ["identity"],
    async run(signal, bus) {
      const created = await membership.ensure({ signal });
      bus.broadcast("Joined", { created });
      const { identity } = await bus.waitFor("IdentityReady", { signal });
      await bus.waitFor("PlaceTaken", { signal });
      await using links = new PeerLinks({
        credentials: () => identity.certificate,
        verifier: identity,
      });
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
