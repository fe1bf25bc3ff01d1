import {
  initialise,
  type InitialiseOptions,
  type InitialiseResult,
} from "../../../certs/mod.ts";
import { WorkerError } from "../../api/errors.ts";
import { hostOf } from "../../cluster/host_of.ts";
import type { LiveConfig } from "../../config/live_config.ts";
import type { ServeConfig } from "../../config/serve_config.ts";
import { aborted } from "../../supervisor/aborted.ts";
import type { Service } from "../../supervisor/mod.ts";
import type { DaemonEvents } from "../events.ts";
import { belongsElsewhere } from "../cluster/belongs_elsewhere.ts";
import { KnownServers } from "../cluster/known_servers.ts";
import { primaryKind } from "../cluster/primary_kind.ts";
import { CertificateRenewal, logCertificates } from "../renewal.ts";
import { serverFiles } from "../server_files.ts";
import { ServerIdentity } from "../server_identity.ts";

/**
 * What the server shows of itself and whom it trusts, read again when it changes. Where the
 * cluster's authority is, it is made when there is none and renewed in time; a member gets it by
 * joining, and is waited for.
 */
export function identityService(live: LiveConfig): Service<DaemonEvents> {
  return {
    name: "identity",
    critical: true,
    endless: true,
    async run(signal, bus) {
      await using stack = new AsyncDisposableStack();
      const { stateDir, tls } = live.current;
      const look = () => initialise(stateDir, certified(live.current));
      const joined = belongsElsewhere(live.current)
        ? await bus.waitFor("Joined", { signal })
        : null;
      const { created } = joined ??
        (tls ? { created: [] } : await initialiseAndRenew());
      const files = serverFiles(live.current);
      const identity = stack.use(await ServerIdentity.load(files, stateDir));
      identity.onChange = (certificate) =>
        bus.broadcast("CertificatesReloaded", { certificate });
      bus.broadcast("IdentityReady", { identity, created });
      await aborted(signal);

      async function initialiseAndRenew(): Promise<InitialiseResult> {
        await refuseMember(stateDir);
        const first = await look();
        logCertificates(first);
        stack.use(new CertificateRenewal(look));
        return first;
      }
    },
  };
}

/** A host that has joined a cluster has no authority, and is not to begin with one by a slip. */
async function refuseMember(stateDir: string): Promise<void> {
  if (!await KnownServers.areIn(stateDir)) return;
  throw new WorkerError(
    "CONFLICT",
    `the host of "${stateDir}" has joined a cluster whose authority is elsewhere: start it with the roles that it joined with, for example --roles node, or give it another --state-dir`,
  );
}

/** Sees to it that the authority's own host has the certificates that it should have by now. */
export async function lookAfterCertificates(live: LiveConfig): Promise<void> {
  const { stateDir } = live.current;
  logCertificates(await initialise(stateDir, certified(live.current)));
}

/** What the server's certificate is to say. */
function certified(
  { roles, name, hosts, publicAddrs }: ServeConfig,
): InitialiseOptions {
  return {
    kind: primaryKind(roles),
    name,
    hosts: [...hosts, ...publicAddrs.map(hostOf)],
  };
}
