import { getLogger } from "@logtape/logtape";
import { compareConfigs } from "../lib/config/compare_configs.ts";
import type { ServeConfig } from "../lib/config/serve_config.ts";
import { type Daemon, startDaemon } from "../lib/daemon.ts";
import { type DaemonNews, newsLine } from "../lib/daemon/daemon_news.ts";
import { configureLog } from "../lib/log.ts";
import { withStoreErrors } from "./certs/with_store_errors.ts";
import { offerProfile } from "./serve_profile.ts";

const logger = getLogger(["worker", "daemon"]);

/**
 * Serves until SIGTERM or SIGINT; a second one ends the process at once.
 *
 * @param load reads the configuration again, from where it was read
 */
export async function serve(
  config: ServeConfig,
  load: () => Promise<ServeConfig>,
): Promise<void> {
  configureLog(config.log);
  let daemon: Daemon | null = null;
  const stop = Promise.withResolvers<void>();
  let signals = 0;
  const onStop = () => {
    if (++signals > 1) Deno.exit(1);
    stop.resolve();
  };
  const onReload = () => {
    void daemon?.reload();
    void load().then((after) => {
      const compared = compareConfigs(config, after);
      config = compared.config;
      configureLog(config.log);
    }, (error) => logger.error`the configuration stays as it is: ${error}`);
  };
  // Before anybody can know that it is there: a signal is never the end without a shutdown.
  Deno.addSignalListener("SIGTERM", onStop);
  Deno.addSignalListener("SIGINT", onStop);
  Deno.addSignalListener("SIGHUP", onReload);
  const bound = () => tellKeeper({ type: "bound" }, config);
  try {
    daemon = await withStoreErrors(() => startDaemon(config, { bound }));
    await introduce(daemon, config);
    tellKeeper({ type: "ready", address: daemon.address }, config);
    await stop.promise;
  } finally {
    await daemon?.[Symbol.asyncDispose]();
    Deno.removeSignalListener("SIGTERM", onStop);
    Deno.removeSignalListener("SIGINT", onStop);
    Deno.removeSignalListener("SIGHUP", onReload);
  }
}

function tellKeeper(news: DaemonNews, { kept }: ServeConfig): void {
  if (!kept) return;
  Deno.stdout.writeSync(new TextEncoder().encode(newsLine(news)));
}

/** Says what a first start has made, and lets clients on this host find the server. */
async function introduce(
  { address, admin, created }: Daemon,
  { kept }: ServeConfig,
): Promise<void> {
  for (const path of created) console.error(`made ${path}`);
  console.error(`worker listens on ${address}`);
  // Who typed the command is another user, and gets a profile from the process that is theirs.
  if (admin !== null && !kept) await offerProfile({ address, admin });
}
