import { keptArguments } from "../lib/config/kept_arguments.ts";
import type { ConfigSources } from "../lib/config/load_serve_config.ts";
import type { ServeConfig } from "../lib/config/serve_config.ts";
import { keepDaemon } from "../lib/daemon/keeper.ts";
import { configureLog } from "../lib/log.ts";
import { ExitError } from "./exit_error.ts";
import { offerProfile } from "./serve_profile.ts";

/** Serves as another user, until that server ends; its exit code becomes this process's. */
export async function serveKept(
  config: ServeConfig,
  sources: ConfigSources,
): Promise<void> {
  configureLog(config.log);
  const code = await keepDaemon(config, {
    args: keptArguments(sources),
    listening: async ({ address, admin }) => {
      if (admin !== null) await offerProfile({ address, admin });
    },
  });
  if (code === 0) return;
  throw new ExitError(
    code,
    `the server that ran as "${config.runAs}" ended with ${code}`,
  );
}
