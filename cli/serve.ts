import { Command, Option } from "commander";
import {
  type ConfigSources,
  loadServeConfig,
} from "../lib/config/load_serve_config.ts";
import {
  addServeOptions,
  flagValues,
  repeatable,
} from "./serve/serve_options.ts";

/** `worker serve`: be the server, until SIGTERM or SIGINT. */
export function serveCommand(): Command {
  const command = new Command("serve").description(
    "Be the server: runs jobs for whoever shows a certificate of its authority.",
  );
  return addServeOptions(command)
    .addOption(new Option("--kept", "be the one of --run-as").hideHelp())
    .addOption(
      repeatable("--optional-config <FILE>", "--config, if it is there")
        .hideHelp(),
    )
    .action(async (options: Record<string, unknown>) => {
      const flags = flagValues(options);
      const sources: ConfigSources = {
        flags: options.kept === true ? { ...flags, kept: [] } : flags,
        env: Deno.env.toObject(),
        // Whoever serves may leave the folder in which the flags were typed.
        folder: Deno.cwd(),
      };
      const config = await loadServeConfig(sources);
      if (config.runAs !== null && !config.kept) {
        const { serveKept } = await import("./serve/serve_kept.ts");
        await serveKept(config, sources);
      } else {
        const { serve } = await import("./serve/serve_action.ts");
        await serve(config, () => loadServeConfig(sources));
      }
    });
}
