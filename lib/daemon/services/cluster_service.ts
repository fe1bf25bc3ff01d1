import { getLogger } from "@logtape/logtape";
import { readRotation } from "../../../certs/mod.ts";
import { SYSTEM_CLOCK } from "../../clock.ts";
import {
  authorityOf,
  AuthorityRotation,
  ClusterAuthority,
  JoinTokens,
  type MemberDirectory,
  Members,
  Presence,
  registerOwnHost,
  revokeHost,
} from "../../cluster/mod.ts";
import type { LiveConfig } from "../../config/live_config.ts";
import { aborted } from "../../supervisor/aborted.ts";
import type { Service } from "../../supervisor/mod.ts";
import type { AuthPart } from "../cluster/auth_part.ts";
import type { DaemonEvents } from "../events.ts";
import { openStore } from "../cluster/open_store.ts";
import type { ServerCertificate } from "../server_files.ts";
import { lookAfterCertificates } from "./identity_service.ts";

const logger = getLogger(["worker", "cluster"]);

/** What the role auth is made of. */
export interface ClusterServiceParts {
  live: LiveConfig;
  auth: AuthPart;
  directory: MemberDirectory;
}

/**
 * The role auth: who belongs to the cluster and who is there, in a store that one server at a time
 * has open.
 */
export function clusterService(
  { live, auth, directory }: ClusterServiceParts,
): Service<DaemonEvents> {
  return {
    name: "cluster",
    endless: true,
    needs: ["identity", "audit"],
    async run(signal, bus) {
      const { stateDir, tls } = live.current;
      if (tls !== null) {
        auth.close(
          "the server uses certificates of the operator's own, so there is no authority of a cluster here: leave out cert, key and cacert",
        );
        directory.becomeKnown();
        return await aborted(signal);
      }
      const { identity } = await bus.waitFor("IdentityReady", { signal });
      // On a disk that is full the few bytes by which the server is found come before the store's.
      await bus.waitFor("RunFilesWritten", { signal });
      using store = await openStore(stateDir, { signal });
      const { revocations } = identity;
      const clock = SYSTEM_CLOCK;
      const tokens = new JoinTokens({ store, clock });
      const members = new Members({
        store,
        clock,
        revoke: (certificates) => revocations.add(certificates),
      });
      await members.giveIds();
      await registerSelf(identity.certificate);
      const authority = authorityOf(stateDir);
      await using presence = await Presence.start({
        ...{ store, members, directory, revocations, authority },
        rotation: () => readRotation(stateDir),
        revoked: ({ name, roles }) =>
          bus.broadcast("MemberRevoked", { name, roles }),
      });
      const rotation = new AuthorityRotation({
        stateDir,
        members,
        moved: async () => {
          await lookAfterCertificates(live);
          await identity.reload();
          presence.refresh();
          await registerSelf(identity.certificate);
        },
      });
      using _open = auth.open({
        ...{ tokens, presence, rotation },
        authority: new ClusterAuthority(
          { tokens, members, revocations, authority },
        ),
        members: {
          async revoke(id, { reason }) {
            await revokeHost(members, { id, reason });
            presence.dropRevoked();
          },
        },
      });
      directory.becomeKnown();
      using reloads = bus.subscribe("CertificatesReloaded");
      void (async () => {
        for await (const { payload } of reloads) {
          presence.refresh();
          presence.dropRevoked();
          await registerSelf(payload.certificate);
        }
      })();
      bus.broadcast("AuthReady", {});
      await aborted(signal);

      async function registerSelf({ cert, ca }: ServerCertificate) {
        const { name, roles, labels } = live.current;
        try {
          await registerOwnHost(members, {
            host: { name, roles, labels, certificate: cert, ca },
            clock,
          });
        } catch (error) {
          if (signal.aborted) return;
          logger.error`this host is not a member of its own cluster: ${
            (error as Error).message
          }`;
        }
      }
    },
  };
}
