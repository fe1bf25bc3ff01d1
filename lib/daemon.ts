import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { getLogger } from "@logtape/logtape";
import { initialise, statePaths } from "../certs/mod.ts";
import type { ServeConfig } from "./config/serve_config.ts";
import { createApp } from "./http/app.ts";
import { TlsListener } from "./http/listener.ts";
import { logListenerEvent } from "./http/log_listener_event.ts";
import {
  AttachedJobs,
  JobHosts,
  launchHost,
  ownCommand,
} from "./jobhost/mod.ts";
import { giveMemoryBack } from "./linux/malloc.ts";
import { CertificateRenewal, logCertificates } from "./daemon/renewal.ts";
import { ServerIdentity } from "./daemon/server_identity.ts";
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

/**
 * Assembles a server from its configuration and starts it.
 *
 * @throws {WorkerError} `CONFLICT` when another one uses the state directory.
 */
export async function startDaemon(config: ServeConfig): Promise<Daemon> {
  giveMemoryBack();
  await using stack = new AsyncDisposableStack();
  const runDirectory = join(config.stateDir, "run");
  await Deno.mkdir(runDirectory, { recursive: true, mode: 0o700 });
  await Deno.chmod(config.stateDir, 0o700);
  stack.use(new StateLock(runDirectory));

  // It takes as long as the certificates do.
  const attaching = attachJobs(config);
  stack.defer(() =>
    attaching.then((jobs) => jobs[Symbol.asyncDispose](), () => {})
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

  const jobs = await attaching;

  let listener: TlsListener | null = null;
  let stopping = false;
  const app = createApp({
    jobs,
    version: VERSION,
    unready: () => stopping ? "the server is shutting down" : null,
    connections: () => listener?.connections ?? 0,
  });
  const handler = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
  });
  listener = await TlsListener.listen({
    ...config.listen,
    ...identity.certificate,
    verify: (raw) => identity.verify(raw),
    recheck: (who) => identity.recheck(who),
    handler: (incoming, outgoing) => void handler(incoming, outgoing),
    log: logListenerEvent,
  });
  identity.onChange = (certificate) => listener.replaceCertificate(certificate);
  const address = formatAddress(listener.address);
  const addressFile = join(runDirectory, "address");
  // Somebody may have tidied up.
  stack.defer(() => Deno.remove(addressFile).catch(() => {}));
  await tellAddress(addressFile, address);
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
      stopping = true;
      // Followers end with their jobs, so both shut down side by side.
      const drained = listener.close({ deadlineMs: config.shutdownTimeout });
      await resources.disposeAsync();
      await drained;
      logger.info`stopped`;
    },
  };
}

/** Finds the process that owns the jobs, or starts it. */
async function attachJobs(config: ServeConfig): Promise<AttachedJobs> {
  const { stateDir, outputCap, maxAge, maxJobs, outputTotal, reserve } = config;
  const command = ownCommand();
  const args = [`--log-level=${config.logLevel}`];
  const hosts = await JobHosts.open({
    stateDir,
    settings: {
      outputCap,
      maxAge,
      maxJobs,
      outputTotal,
      reserve,
      shutdownGrace: config.shutdownTimeout,
    },
    launch: () => launchHost({ stateDir, command, args }),
  });
  return new AttachedJobs(hosts, join(stateDir, "jobs"));
}

/**
 * For people and scripts: a server that can't write it, because the disk is full, serves all the
 * same. The address that is there already is written over, which needs no room.
 */
async function tellAddress(path: string, address: string): Promise<void> {
  const bytes = new TextEncoder().encode(`${address}\n`);
  try {
    using file = await Deno.open(path, {
      write: true,
      create: true,
      mode: 0o600,
    });
    await file.write(bytes);
    await file.truncate(bytes.length);
  } catch (error) {
    logger.warn`cannot write "${path}": ${(error as Error).message}`;
  }
}

function formatAddress(
  { hostname, port }: { hostname: string; port: number },
): string {
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}
