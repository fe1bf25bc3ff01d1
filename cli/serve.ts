import { resolve } from "node:path";
import { Command, Option } from "commander";
import {
  parseServeFlags,
  type ServeFlags,
} from "../lib/config/serve_config.ts";
import { defaultStateDir } from "../lib/config/state_dir.ts";
import { LOG_LEVELS } from "../lib/log.ts";

/** `worker serve`: be the server, until SIGTERM or SIGINT. */
export function serveCommand(): Command {
  return new Command("serve")
    .description(
      "Be the server: runs jobs for whoever shows a certificate of its authority.",
    )
    .option(
      "--listen <host:port>",
      "where to listen; port 0 takes a free one",
      "0.0.0.0:7443",
    )
    .option(
      "--state-dir <dir>",
      "certificates, jobs and their output (default: /var/lib/worker for root, else ~/.local/state/worker)",
    )
    .option(
      "--cert <file>",
      "server certificate of your own, with --key and --cacert",
    )
    .option("--key <file>", "its key")
    .option("--cacert <file>", "authorities whose clients are let in")
    .option(
      "--host <name>",
      "another name or address for the server certificate",
      collect,
      [],
    )
    .option(
      "--output-cap <size>",
      "disk for the output of a job that sets no limit",
      "256M",
    )
    .option(
      "--output-total <size>",
      "disk for the output of all jobs together; over it the oldest goes first",
      "10G",
    )
    .option(
      "--reserve <size>",
      "disk that must stay free: below, new jobs are refused (default: 256M, or 5 % of a small disk)",
    )
    .option(
      "--max-jobs <n>",
      "jobs that run at once; more wait for their turn (default: no limit)",
    )
    .option("--keep <duration>", "how long finished jobs are kept", "7d")
    .option("--shutdown-timeout <duration>", "how long a shutdown waits", "10s")
    .option(
      "--run-as <user>",
      "as root: talk to the network as this user, and only jobs are root's",
    )
    .addOption(new Option("--kept", "be the one of --run-as").hideHelp())
    .addOption(
      new Option("--log-level <level>", "what to log").choices(LOG_LEVELS)
        .default("info"),
    )
    .action(
      async (
        { stateDir, ...flags }:
          & Omit<ServeFlags, "stateDir">
          & { stateDir?: string },
      ) => {
        const typed = {
          ...flags,
          // Asked for last: without a home directory there is none, and none is needed.
          stateDir: resolve(stateDir ?? defaultStateDir()),
        };
        const config = parseServeFlags(typed);
        if (config.runAs !== null && !config.kept) {
          const { serveKept } = await import("./serve_kept.ts");
          await serveKept(config, typed);
        } else {
          const { serve } = await import("./serve_action.ts");
          await serve(config);
        }
      },
    );
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
