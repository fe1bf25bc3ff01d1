import { getLogger } from "@logtape/logtape";
import { hostPaths } from "./host_paths.ts";

const logger = getLogger(["worker", "daemon"]);

/** Redirects its standard error to the file it is given first, then becomes the words that follow. */
const APPEND_LOG = 'umask "$1"; shift; exec 2>>"$0"; exec "$@"';

/** How a job host is started. */
export interface LaunchOptions {
  stateDir: string;
  /** The words that start this program, without arguments of its own. */
  command: readonly string[];
  /** Arguments of `worker jobhost` besides the state directory. */
  args?: readonly string[];
  /** Whether the group of the folders that it works in may read what it writes. @default {false} */
  shared?: boolean;
}

/**
 * Starts a job host in a session of its own, so that neither a terminal nor whatever ends the daemon
 * reaches it; its log is a file, because a pipe would end with its reader.
 *
 * Under systemd it gets a scope of its own: a service is ended with all processes in its cgroup.
 * The promise resolves with its exit code.
 */
export async function launchHost(options: LaunchOptions): Promise<number> {
  const { stateDir, command, args = [], shared = false } = options;
  const words = [
    ...scope(),
    ...command,
    "jobhost",
    `--state-dir=${stateDir}`,
    ...args,
  ];
  const child = new Deno.Command("/bin/sh", {
    args: [
      "-c",
      APPEND_LOG,
      hostPaths(stateDir).log,
      shared ? "027" : "077",
      ...words,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
    detached: true,
  }).spawn();
  logger.info`started job host ${child.pid}`;
  const { code } = await child.status;
  return code;
}

/** `systemd-run --scope`, where systemd is the init system and would take us along. */
function scope(): string[] {
  if (Deno.uid() !== 0 || !exists("/run/systemd/system")) return [];
  const path = Deno.env.get("PATH") ?? "/usr/bin:/bin";
  if (!path.split(":").some((folder) => exists(`${folder}/systemd-run`))) {
    logger
      .warn`systemd-run is not there: the job host starts in the cgroup of this service, and ends with it unless the unit says KillMode=process`;
    return [];
  }
  return [
    "systemd-run",
    "--scope",
    "--collect",
    "--quiet",
    "--property=Delegate=yes",
    "--",
  ];
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
