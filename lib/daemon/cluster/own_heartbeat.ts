import type { Heartbeat, NodeLoad } from "../../api/presence.ts";
import { pinsOf } from "../../cluster/member_issuer.ts";
import type { LiveConfig } from "../../config/live_config.ts";
import type { AttachedJobs } from "../../jobhost/mod.ts";
import { VERSION } from "../../version.ts";
import type { Tunnels } from "./tunnels.ts";
import type { ServerCertificate } from "../server_files.ts";

/** What a daemon's heartbeats are made from. */
export interface OwnHeartbeatParts {
  live: LiveConfig;
  /** Null on a host that runs none. */
  jobs: Pick<AttachedJobs, "statistics"> | null;
  tunnels: Pick<Tunnels, "discovery">;
  /** Changes with each start. */
  instance: string;
}

/** What this server says of itself at this moment. */
export async function ownHeartbeat(
  { live, jobs, tunnels, instance }: OwnHeartbeatParts,
  { certificate, revocations, leaving }: {
    certificate: ServerCertificate;
    revocations: string | null;
    leaving: boolean;
  },
): Promise<Heartbeat> {
  const { roles, publicAddrs, labels, deployment } = live.current;
  return {
    roles: [...roles],
    version: VERSION,
    instance,
    addresses: [...publicAddrs],
    labels: { ...labels },
    load: jobs && await loadOf(jobs),
    proxies: tunnels.discovery()?.agents.claimed ?? [],
    deployment: roles.includes("proxy") ? { ...deployment } : null,
    trusts: pinsOf(certificate.ca),
    revocations,
    leaving,
  };
}

async function loadOf(
  jobs: Pick<AttachedJobs, "statistics">,
): Promise<NodeLoad> {
  const { states } = await jobs.statistics();
  return {
    jobs: states.running + states.stopping,
    load1: Deno.loadavg()[0]!,
    cores: navigator.hardwareConcurrency,
  };
}
