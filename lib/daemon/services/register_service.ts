import { WorkerError } from "../../api/errors.ts";
import type { AuditLog } from "../../audit/mod.ts";
import type { ServeConfig } from "../../config/serve_config.ts";
import type { Service } from "../../supervisor/mod.ts";
import type { PeerLinks } from "../../tunnel/mod.ts";
import type { DaemonEvents } from "../events.ts";
import type { MemberRenewal } from "../cluster/member_renewal.ts";
import type { Membership } from "../cluster/membership.ts";

/** What {@linkcode registerService} looks after. */
export interface RegisterServiceParts {
  membership: Pick<Membership, "ensure" | "servers">;
  /** What this host is to be in the cluster. */
  live: { readonly current: Pick<ServeConfig, "name" | "roles"> };
  /** Told of a refusal: of one that this host made, as of a wrong pin, nobody else has a record. */
  audit: AuditLog;
  renewal: MemberRenewal;
  /** The way to the servers of the cluster, once there is an identity. */
  links: PeerLinks;
}

/**
 * A host's place in a cluster whose authority is elsewhere: it joins, or comes back, before anything
 * else begins, and has its certificate renewed from then on.
 */
export function registerService(
  { membership, live, audit, renewal, links }: RegisterServiceParts,
): Service<DaemonEvents> {
  return {
    name: "register",
    critical: true,
    endless: true,
    needs: ["identity", "audit"],
    async run(signal, bus) {
      const created = await membership.ensure({ signal }).catch((error) => {
        noteRefusal(error, { live, audit });
        throw error;
      });
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

function noteRefusal(
  error: unknown,
  { live, audit }: Pick<RegisterServiceParts, "live" | "audit">,
): void {
  const refused = error instanceof WorkerError &&
    (error.code === "UNAUTHENTICATED" || error.code === "PERMISSION_DENIED");
  if (!refused) return;
  const { code, message } = error;
  const { name, roles } = live.current;
  audit.record({
    ...{ action: "member.join", result: "refused", code, message },
    detail: { name, roles: roles.join(",") },
  });
}
