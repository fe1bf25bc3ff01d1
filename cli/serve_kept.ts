import { resolve } from "node:path";
import {
  serveArguments,
  type ServeConfig,
  type ServeFlags,
} from "../lib/config/serve_config.ts";
import { keepDaemon } from "../lib/daemon/keeper.ts";
import { configureLog } from "../lib/log.ts";
import { ExitError } from "./exit_error.ts";
import { offerProfile } from "./serve_profile.ts";

/** Serves as another user, until that server ends; its exit code becomes this process's. */
export async function serveKept(
  config: ServeConfig,
  flags: ServeFlags,
): Promise<void> {
  await configureLog(config.logLevel);
  const { cert, key, cacert } = flags;
  const args = serveArguments({
    ...flags,
    // The server works in another folder.
    ...cert && { cert: resolve(cert) },
    ...key && { key: resolve(key) },
    ...cacert && { cacert: resolve(cacert) },
  });
  const code = await keepDaemon(config, {
    args,
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
