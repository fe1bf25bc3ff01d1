import { keptArguments } from "../../lib/config/kept_arguments.ts";
import type { ConfigSources } from "../../lib/config/load_serve_config.ts";
import type { ServeConfig } from "../../lib/config/serve_config.ts";
import { tellNews } from "../../lib/daemon/replacement/daemon_news.ts";
import { takeInheritance } from "../../lib/daemon/replacement/inheritance.ts";
import { keepDaemon } from "../../lib/daemon/keeper/keeper.ts";
import { ServiceManager } from "../../lib/daemon/service_manager.ts";
import { configureLog } from "../../lib/log.ts";
import { ExitError } from "../exit_error.ts";
import { describeError } from "../report_error.ts";
import { offerProfile } from "./serve_profile.ts";

/** Serves as another user, until that server ends; its exit code becomes this process's. */
export async function serveKept(
  config: ServeConfig,
  sources: ConfigSources,
): Promise<void> {
  configureLog(config.log);
  using manager = ServiceManager.fromEnvironment();
  const inheritance = takeInheritance(manager);
  try {
    const { code, reason } = await keepDaemon(config, {
      args: keptArguments(sources, config),
      inheritance,
      manager,
      listening: async ({ addresses, admin }) => {
        const { roles } = config;
        if (admin !== null) await offerProfile({ addresses, admin, roles });
      },
    });
    if (code === 0) return;
    // The one that waits for this one wants to know what the daemon said; people have read it.
    throw new ExitError(
      code,
      `the server that ran as "${config.runAs}" ended with ${code}`,
      { cause: new Error(reason ?? "it did not say why") },
    );
  } catch (error) {
    if (inheritance.replaces) {
      const { cause } = error as Error;
      const told = error instanceof ExitError ? cause : error;
      tellNews({ type: "failed", reason: describeError(told) });
    }
    throw error;
  }
}
