import { join } from "node:path";
import { AuditLog } from "./audit/mod.ts";
import type { ServeConfig } from "./config/serve_config.ts";
import { ClusterPart } from "./daemon/cluster/cluster_part.ts";
import { DaemonApp } from "./daemon/daemon_app.ts";
import type { DaemonEvents } from "./daemon/events.ts";
import { listenOn } from "./daemon/listen_addresses.ts";
import { makeFolders } from "./daemon/make_folders.ts";
import { mapReadiness } from "./daemon/map_readiness.ts";
import { openJobs } from "./daemon/open_job_hosts.ts";
import { Place } from "./daemon/place.ts";
import type { Inheritance } from "./daemon/replacement/inheritance.ts";
import { runFiles } from "./daemon/run_files.ts";
import { RunningDaemon } from "./daemon/running_daemon.ts";
import type { ServiceManager } from "./daemon/service_manager.ts";
import { adminService } from "./daemon/services/admin_service.ts";
import { apiService } from "./daemon/services/api_service.ts";
import { auditService } from "./daemon/services/audit_service.ts";
import { identityService } from "./daemon/services/identity_service.ts";
import { jobHostService } from "./daemon/services/job_host_service.ts";
import { placeService } from "./daemon/services/place_service.ts";
import { runFilesService } from "./daemon/services/run_files_service.ts";
import { serviceManagerService } from "./daemon/services/service_manager_service.ts";
import { tunnelService } from "./daemon/services/tunnel_service.ts";
import { untilReady } from "./daemon/until_ready.ts";
import { giveMemoryBack } from "./linux/malloc.ts";
import { MemoryTrimmer } from "./linux/memory_trimmer.ts";
import { ServiceSupervisor } from "./supervisor/mod.ts";

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
  const cluster = stack.use(await ClusterPart.load({ live, bus, audit }));
  const { server, agents } = cluster.tunnels;
  const app = stack.use(
    new DaemonApp({ live, supervisor, audit, own, cluster }),
  );

  const services = [
    auditService(audit),
    identityService(live),
    ...own ? [jobHostService(own)] : [],
    ...cluster.services({ jobs: own?.jobs ?? null, place, exiting }),
    apiService({ app, live, sockets, place, exiting, tunnels: server }),
    ...agents
      ? [tunnelService({ app, live, replaces, place, exiting, agents })]
      : [],
    adminService({ app, live, place, socket: inheritance.admin, exiting }),
    placeService({ place, kept, replaces }),
    runFilesService({ live, place }),
    serviceManagerService({ live, manager, place, supervisor }),
  ];
  for (const service of services) supervisor.register(service);
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
