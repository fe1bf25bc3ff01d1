import { getLogger } from "@logtape/logtape";
import { WorkerError } from "../../lib/api/errors.ts";
import type { ServeConfig } from "../../lib/config/serve_config.ts";
import { startDaemon } from "../../lib/daemon.ts";
import {
  tellAlive,
  tellNews,
} from "../../lib/daemon/replacement/daemon_news.ts";
import { describeWays } from "../../lib/daemon/describe_ways.ts";
import { takeInheritance } from "../../lib/daemon/replacement/inheritance.ts";
import type { RunningDaemon } from "../../lib/daemon/running_daemon.ts";
import { awaitReplaced } from "../../lib/daemon/keeper/keeper_word.ts";
import { adminFiles } from "../../lib/daemon/server_files.ts";
import { ServiceManager } from "../../lib/daemon/service_manager.ts";
import type { ProcessEnd } from "../../lib/supervisor/mod.ts";
import { onSignals } from "../../lib/supervisor/signals.ts";
import { configureLog } from "../../lib/log.ts";
import { withStoreErrors } from "../certs/with_store_errors.ts";
import { EXIT } from "../exit_codes.ts";
import { ExitError } from "../exit_error.ts";
import { describeError } from "../report_error.ts";
import { offerProfile } from "./serve_profile.ts";

const logger = getLogger(["worker", "daemon"]);

/** Why a server is to end. */
type End = "told" | "told to hurry" | "replaced";

/**
 * Serves until a signal or a critical service ends it: SIGTERM and SIGINT gracefully, a second one
 * or SIGQUIT at once, SIGUSR2 when another process serves in its place. SIGHUP reloads. One that has
 * a keeper is replaced when that says so.
 *
 * @param load reads the configuration again, from where it was read
 */
export async function serve(
  config: ServeConfig,
  load: () => Promise<ServeConfig>,
): Promise<void> {
  configureLog(config.log);
  using manager = ServiceManager.fromEnvironment();
  const inheritance = takeInheritance(manager);
  const { kept } = config;
  using _alive = tellAlive(inheritance.aliveMs);
  const starting = new AbortController();
  const end = Promise.withResolvers<End>();
  const started = Promise.withResolvers<RunningDaemon>();
  let daemon: RunningDaemon | null = null;
  let hurried = false;
  const stop = (how: End) => {
    hurried ||= starting.signal.aborted;
    starting.abort(new WorkerError("UNAVAILABLE", "told to end"));
    if (hurried) void daemon?.shutdown({ graceful: false });
    end.resolve(how);
  };
  // Before anybody can know that it is there: a signal is never the end without a shutdown.
  using _signals = onSignals({
    SIGTERM: () => stop("told"),
    SIGINT: () => stop("told"),
    SIGQUIT: () => stop("told to hurry"),
    SIGHUP: () => void daemon?.reload(load),
    SIGUSR2: async () => {
      if (kept) return logger.warn`SIGUSR2 is for the keeper, pid ${Deno.ppid}`;
      // One that starts is replaced when it serves: whoever asks waits for that.
      const serving = await started.promise;
      if (await serving.replace()) stop("replaced");
    },
  });
  // The keeper of a kept one has replaced both.
  if (kept) {
    void awaitReplaced().then(() => {
      daemon?.handOver();
      stop("replaced");
    });
  }
  try {
    daemon = await withStoreErrors(() =>
      startDaemon(config, { inheritance, manager, signal: starting.signal })
    );
    started.resolve(daemon);
    if (!inheritance.replaces) await introduce(daemon, config);
    const why = await Promise.race([daemon.ended, end.promise]);
    await conclude(daemon, why);
  } catch (error) {
    if (daemon === null && starting.signal.aborted) return;
    if (daemon === null && (kept || inheritance.replaces)) {
      tellNews({ type: "failed", reason: describeError(error) });
    }
    throw error;
  }
}

/** Shuts down. @throws {ExitError} when that, or what led to it, is a failure. */
async function conclude(
  daemon: RunningDaemon,
  why: End | ProcessEnd,
): Promise<void> {
  const failed = typeof why === "object" && why.reason === "failed";
  const asked = !failed && why !== "told to hurry";
  const report = await daemon.shutdown({ graceful: asked });
  if (failed) {
    throw new ExitError(
      EXIT.failed,
      `the service "${why.service}" failed: ${describeError(why.error)}`,
      { cause: why.error },
    );
  }
  const hung = report.hung.map(({ service }) => `"${service}"`);
  if (hung.length > 0) {
    throw new ExitError(
      EXIT.failed,
      `did not wait any longer for ${hung.join(", ")} to stop`,
    );
  }
  if (asked && !report.graceful) {
    throw new ExitError(EXIT.failed, "the shutdown was cut short");
  }
}

/** Says what a first start has made, and lets clients on this host find the server. */
async function introduce(
  { addresses, created }: RunningDaemon,
  { kept, tls, stateDir, proxies, roles }: ServeConfig,
): Promise<void> {
  for (const path of created) console.error(`made ${path}`);
  console.error(`worker ${describeWays({ addresses, proxies })}`);
  // Who typed the command is another user, and gets a profile from the process that is theirs.
  // Only auth makes a certificate for its administrator.
  if (tls !== null || kept || !roles.includes("auth")) return;
  await offerProfile({ addresses, admin: adminFiles(stateDir), roles });
}
