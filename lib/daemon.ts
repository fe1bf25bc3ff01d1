import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { getLogger } from "@logtape/logtape";
import { initialise, statePaths } from "../certs/mod.ts";
import { WorkerError } from "./api/errors.ts";
import { AuditLog } from "./audit/mod.ts";
import { logArguments } from "./config/log_levels.ts";
import type { ServeConfig } from "./config/serve_config.ts";
import { createApp } from "./http/app.ts";
import { auditListenerEvent } from "./http/audit_listener_event.ts";
import { TlsListener } from "./http/listener.ts";
import { logListenerEvent } from "./http/log_listener_event.ts";
import { EventLoopDelay } from "./http/metrics/event_loop_delay.ts";
import { ListenerStatistics } from "./http/metrics/listener_statistics.ts";
import {
  AttachedJobs,
  JobHosts,
  launchHost,
  ownCommand,
} from "./jobhost/mod.ts";
import { giveMemoryBack } from "./linux/malloc.ts";
import { CertificateRenewal, logCertificates } from "./daemon/renewal.ts";
import { ServerIdentity } from "./daemon/server_identity.ts";
import { runFiles } from "./daemon/run_files.ts";
import { unshareFolders } from "./daemon/shared_folders.ts";
import { StateLock } from "./daemon/state_lock.ts";
import { VERSION } from "./version.ts";

const logger = getLogger(["worker", "daemon"]);

/** A server that listens. Dispose it to shut it down; its jobs go on. */
export interface Daemon extends AsyncDisposable {
  /** `host:port` it listens on, with the real port. */
  readonly address: string;
  /** Files that this start has made, for people to see. */
  readonly created: readonly string[];
  /** The administrator's files; null when the certificates are the operator's own. */
  readonly admin: { cacert: string; cert: string; key: string } | null;
  /** Reads certificates and revocations again. */
  reload(): Promise<void>;
}

/** What {@linkcode startDaemon} tells before it is done. */
export interface StartOptions {
  /** The port is its own: from now on a job host is wanted. */
  bound?(): void;
}

/**
 * Assembles a server from its configuration and starts it.
 *
 * @throws {WorkerError} `CONFLICT` when another one uses the state directory.
 */
export async function startDaemon(
  config: ServeConfig,
  options: StartOptions = {},
): Promise<Daemon> {
  giveMemoryBack();
  await using stack = new AsyncDisposableStack();
  const run = runFiles(config.stateDir);
  if (!config.kept) await makeFolders(config.stateDir);
  stack.use(new StateLock(run.lock));

  // Attaching takes as long as the certificates do. But a job host is started only when nothing else
  // can go wrong: it would be left behind.
  const bound = Promise.withResolvers<void>();
  const hosts = attach(config, bound.promise);
  const jobs = stack.use(
    new AttachedJobs(hosts, join(config.stateDir, "jobs")),
  );

  const paths = statePaths(config.stateDir);
  const look = () => initialise(config.stateDir, { hosts: config.hosts });
  const initialised = config.tls ? null : await look();
  if (initialised) {
    logCertificates(initialised);
    stack.use(new CertificateRenewal(look));
  }
  const files = config.tls ??
    { cert: paths.serverCert, key: paths.serverKey, ca: paths.caCert };
  const identity = stack.use(await ServerIdentity.load(files, config.stateDir));

  const audit = stack.use(
    new AuditLog({
      directory: join(config.stateDir, "audit"),
      ...config.audit,
    }),
  );
  let listener: TlsListener | null = null;
  let unready: string | null = "there is no job host yet";
  const listeners = new ListenerStatistics();
  const eventLoop = stack.use(new EventLoopDelay());
  const app = createApp({
    jobs,
    audit,
    version: VERSION,
    unready: () => unready ?? hosts.problem,
    connections: () => listener?.connections ?? 0,
    services: () => [],
    metrics: async () => {
      const { daemonMetrics } = await import("./daemon/daemon_metrics.ts");
      return daemonMetrics({
        jobs,
        hosts,
        audit,
        listeners,
        eventLoop,
        certificates: {
          server: files.cert,
          ca: files.ca,
          ...!config.tls && { admin: paths.adminCert },
        },
        stateDir: config.stateDir,
        reserve: config.reserve,
      });
    },
  });
  const handler = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
  });
  listener = await TlsListener.listen({
    ...config.listen[0]!,
    ...identity.certificate,
    verify: (raw) => identity.verify(raw),
    recheck: (who) => identity.recheck(who),
    handler: (incoming, outgoing) => void handler(incoming, outgoing),
    log: (event) => {
      listeners.count(event);
      logListenerEvent(event);
      auditListenerEvent(audit, event);
    },
  });
  identity.onChange = (certificate) => listener.replaceCertificate(certificate);
  const address = formatAddress(listener.address);
  bound.resolve();
  options.bound?.();
  try {
    await hosts.current();
  } catch (error) {
    await listener.close({ deadlineMs: 0 });
    throw error;
  }
  stack.defer(() => forgetAddress(run.address, config));
  await Deno.writeTextFile(run.address, `${address}\n`, { mode: 0o600 });
  unready = null;
  logger.info`listening on ${address}, version ${VERSION}`;

  const resources = stack.move();
  return {
    address,
    created: initialised?.created ?? [],
    admin: config.tls
      ? null
      : { cacert: paths.adminCa, cert: paths.adminCert, key: paths.adminKey },
    reload: () => identity.reload(),
    async [Symbol.asyncDispose]() {
      unready = "the server is shutting down";
      audit.endFollowing();
      // Followers end with their jobs, so both shut down side by side.
      const drained = listener.close({ deadlineMs: config.shutdownTimeout });
      await resources.disposeAsync();
      await drained;
      logger.info`stopped`;
    },
  };
}

/** The folders of a server that nobody else has prepared. @throws {WorkerError} `INVALID_ARGUMENT` */
async function makeFolders(stateDir: string): Promise<void> {
  try {
    await Deno.mkdir(join(stateDir, "run"), { recursive: true, mode: 0o700 });
    await Deno.chmod(stateDir, 0o700);
  } catch (cause) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `cannot use the state directory "${stateDir}": ${
        (cause as Error).message
      }; choose another with --state-dir`,
      { cause },
    );
  }
  unshareFolders(stateDir);
}

/** Finds the process that owns the jobs, or starts it once `bound` has resolved. */
function attach(config: ServeConfig, bound: Promise<void>): JobHosts {
  const { stateDir, outputCap, maxAge, maxJobs, outputTotal, reserve } = config;
  const command = ownCommand();
  const args = logArguments(config.log);
  return JobHosts.begin({
    stateDir,
    settings: {
      outputCap,
      maxAge,
      maxJobs,
      outputTotal,
      reserve,
      shutdownGrace: config.shutdownTimeout,
    },
    // A kept daemon could start none that owns jobs of root.
    launch: config.kept ? null : async () => {
      await bound;
      return await launchHost({ stateDir, command, args });
    },
  });
}

async function forgetAddress(
  path: string,
  { kept }: ServeConfig,
): Promise<void> {
  try {
    // The folder is not ours when somebody else has made the file for us.
    await (kept ? Deno.truncate(path) : Deno.remove(path));
  } catch {
    // Somebody may have tidied up.
  }
}

function formatAddress(
  { hostname, port }: { hostname: string; port: number },
): string {
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}
