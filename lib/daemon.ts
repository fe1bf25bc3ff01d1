import { join } from "node:path";
import { AuditLog } from "./audit/mod.ts";
import { MemberDirectory } from "./cluster/mod.ts";
import type { ServeConfig } from "./config/serve_config.ts";
import { belongsElsewhere } from "./daemon/cluster/belongs_elsewhere.ts";
import { authRelay } from "./daemon/cluster/auth_relay.ts";
import { ClusterRouter } from "./daemon/cluster/cluster_router.ts";
import { AuthPart } from "./daemon/cluster/auth_part.ts";
import { DaemonApp } from "./daemon/daemon_app.ts";
import type { DaemonEvents } from "./daemon/events.ts";
import type { Inheritance } from "./daemon/replacement/inheritance.ts";
import { KnownServers } from "./daemon/cluster/known_servers.ts";
import { judgeOf } from "./daemon/cluster/judge.ts";
import { listenOn } from "./daemon/listen_addresses.ts";
import { makeFolders } from "./daemon/make_folders.ts";
import { MemberRenewal } from "./daemon/cluster/member_renewal.ts";
import { Membership } from "./daemon/cluster/membership.ts";
import { openJobs } from "./daemon/open_job_hosts.ts";
import { Place } from "./daemon/place.ts";
import { mapReadiness } from "./daemon/map_readiness.ts";
import { runFiles } from "./daemon/run_files.ts";
import { RunningDaemon } from "./daemon/running_daemon.ts";
import type { ServiceManager } from "./daemon/service_manager.ts";
import { runFilesService } from "./daemon/services/run_files_service.ts";
import { adminService } from "./daemon/services/admin_service.ts";
import { apiService } from "./daemon/services/api_service.ts";
import { auditService } from "./daemon/services/audit_service.ts";
import { clusterService } from "./daemon/services/cluster_service.ts";
import { gossipService } from "./daemon/services/gossip_service.ts";
import { heartbeatService } from "./daemon/services/heartbeat_service.ts";
import { identityService } from "./daemon/services/identity_service.ts";
import { jobHostService } from "./daemon/services/job_host_service.ts";
import { registerService } from "./daemon/services/register_service.ts";
import { placeService } from "./daemon/services/place_service.ts";
import { replicaService } from "./daemon/services/replica_service.ts";
import { serviceManagerService } from "./daemon/services/service_manager_service.ts";
import { tunnelService } from "./daemon/services/tunnel_service.ts";
import { tunnelSource } from "./daemon/cluster/tunnel_source.ts";
import { Tunnels } from "./daemon/cluster/tunnels.ts";
import type { ClusterServices } from "./http/cluster_services.ts";
import { relayToAuth } from "./http/relay_to_auth.ts";
import { untilReady } from "./daemon/until_ready.ts";
import { giveMemoryBack } from "./linux/malloc.ts";
import { MemoryTrimmer } from "./linux/memory_trimmer.ts";
import { ServiceSupervisor } from "./supervisor/mod.ts";
import { PeerLinks } from "./tunnel/mod.ts";

/** What {@linkcode startDaemon} gets from the process that it runs in. */
export interface StartOptions {
  inheritance: Inheritance;
  manager: ServiceManager;
  /** Gives the start up. */
  signal: AbortSignal;
}

/**
 * Assembles a server from its configuration, and resolves when it serves.
 *
 * @throws {WorkerError} `CONFLICT` when another one uses the state directory; else what kept a
 * critical service from starting. Nothing of it is left then.
 */
export async function startDaemon(
  config: ServeConfig,
  { inheritance, manager, signal }: StartOptions,
): Promise<RunningDaemon> {
  giveMemoryBack();
  const { stateDir, kept } = config;
  const { replaces } = inheritance;
  const { lock } = runFiles(stateDir);

  // What another process may have is asked for first: nothing is started that would be in vain.
  await using stack = new AsyncDisposableStack();
  stack.use(new MemoryTrimmer());
  if (!kept) await makeFolders(stateDir);
  const place = stack.use(
    replaces ? Place.await(lock) : await Place.take(lock),
  );
  const sockets = inheritance.sockets ?? await listenOn(config.listen);
  for (const socket of sockets) stack.use(socket);

  const live = { current: config };
  const supervisor = new ServiceSupervisor<DaemonEvents>();
  const { bus, exiting } = supervisor;
  const audit = new AuditLog({
    directory: join(stateDir, "audit"),
    ...config.audit,
  });
  const own = openJobs(config, bus.waitFor("IdentityReady"));
  const directory = new MemberDirectory();
  const tunnels = new Tunnels({ live, directory, audit });
  const judge = judgeOf(bus);
  const links = stack.use(
    new PeerLinks({ verifier: judge, credentials: () => judge.certificate }),
  );
  const auth = config.roles.includes("auth") ? new AuthPart() : null;
  const servers = belongsElsewhere(config)
    ? await KnownServers.load(stateDir, { given: () => live.current.proxies })
    : null;
  const relay = servers && tunnels.server && relayToAuth(authRelay({
    ...{ links, directory },
    servers: () => servers.list(),
    own: () => live.current.publicAddrs,
  }));
  const cluster: ClusterServices = {
    directory,
    ...auth && { auth: () => auth.services },
    ...relay && { relay },
    ...tunnels.server && { tunnels: tunnelSource(tunnels.server.registry) },
    discovery: () => tunnels.discovery(),
  };
  const nodes = new ClusterRouter({
    local: config.roles.includes("node") ? config.name : null,
    tunnels: tunnels.server?.registry ?? null,
    ...{ directory, links },
  });
  const app = stack.use(
    new DaemonApp(
      { live, supervisor, audit, own, tunnels, judge, nodes, cluster },
    ),
  );

  supervisor.register(auditService(audit));
  supervisor.register(identityService(live));
  const heartbeats = { live, tunnels, jobs: own?.jobs ?? null };
  if (auth) {
    supervisor.register(clusterService({ live, auth, directory }));
    if (config.tls === null) {
      supervisor.register(
        heartbeatService({ ...heartbeats, to: { type: "self", auth } }),
      );
    }
  }
  if (servers) {
    const membership = new Membership({ live, servers });
    const renewal = new MemberRenewal(membership);
    supervisor.register(registerService({ membership, renewal, links }));
    supervisor.register(
      heartbeatService({
        ...heartbeats,
        to: { type: "cluster", links, servers, renewal },
      }),
    );
    if (tunnels.server) {
      supervisor.register(
        replicaService({ live, directory, links, servers }),
      );
    }
  }
  if (own) supervisor.register(jobHostService(own));
  supervisor.register(
    apiService({ app, live, sockets, place, exiting, tunnels: tunnels.server }),
  );
  supervisor.register(
    adminService({ app, live, place, socket: inheritance.admin, exiting }),
  );
  supervisor.register(placeService({ place, kept, replaces }));
  supervisor.register(runFilesService({ live, place }));
  if (tunnels.agents) {
    supervisor.register(
      tunnelService({ app, live, replaces, exiting, agents: tunnels.agents }),
    );
  }
  if (tunnels.server) {
    supervisor.register(gossipService({ tunnels: tunnels.server, directory }));
  }
  supervisor.register(
    serviceManagerService({ live, manager, place, supervisor }),
  );
  mapReadiness(bus, { isNode: own !== null });

  const resources = stack.move();
  supervisor.onExit("resources", () => resources.disposeAsync());
  const daemon = new RunningDaemon(
    { supervisor, live, audit, own, manager, place, sockets },
  );
  supervisor.start();
  await untilReady(daemon, { bus, signal });
  return daemon;
}
