import { getLogger } from "@logtape/logtape";
import { statePaths } from "../../certs/mod.ts";
import { delay } from "../client/delay.ts";
import type { ServeConfig } from "../config/serve_config.ts";
import { HostStarter, launchHost, ownCommand } from "../jobhost/mod.ts";
import { PidLock } from "../jobhost/pid_lock.ts";
import type { HostUser } from "../jobs/users.ts";
import { asUser, environmentOf, runAsUser } from "./run_as_user.ts";
import { runFiles } from "./run_files.ts";
import { shareProgram } from "./shared_program.ts";
import { takeStateDir } from "./take_state_dir.ts";
import { refuseUnreadable } from "./refuse_unreadable.ts";

const logger = getLogger(["worker", "daemon"]);

/** Between two looks whether there is a job host, and whether the daemon listens. */
const LOOK_MS = 100;

/** Signals that are the daemon's. */
const FORWARDED = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const;

/** A daemon that listens, as its keeper sees it. */
export interface KeptDaemon {
  /** `host:port` */
  address: string;
  /** The administrator's files; null when the certificates are the operator's own. */
  admin: { cacert: string; cert: string; key: string } | null;
}

/** Options of {@linkcode keepDaemon}. */
export interface KeeperOptions {
  /** Arguments of `worker serve` for the daemon, without a state directory. */
  args: readonly string[];
  /** Called once, when the daemon listens. */
  listening(daemon: KeptDaemon): Promise<void>;
}

/**
 * `worker serve --run-as USER`: the process that stays root, so that the one that parses the network
 * need not be. It prepares the state directory, starts the daemon as that user, and the job host as
 * root whenever there is none; it reads nothing that comes from the network. It ends with the daemon.
 *
 * @returns the daemon's exit code; 128+n when signal n ended it.
 * @throws {WorkerError} `PERMISSION_DENIED`, `INVALID_ARGUMENT` or `CONFLICT` before the daemon is
 * started.
 */
export async function keepDaemon(
  config: ServeConfig,
  { args, listening }: KeeperOptions,
): Promise<number> {
  const user = await runAsUser(config.runAs ?? "");
  using state = await takeStateDir(config.stateDir, user);
  const stateDir = state.path;
  const { command, env } = shareProgram(stateDir, ownCommand());
  await refuseUnreadable([stateDir, ...command], user);

  const [program, ...words] = [
    ...asUser(user),
    ...command,
    "serve",
    ...args,
    `--state-dir=${stateDir}`,
    "--kept",
  ];
  const daemon = new Deno.Command(program!, {
    args: words,
    env: { ...env, ...environmentOf(user) },
    cwd: "/",
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
    // A terminal's Ctrl-C comes once, from here.
    detached: true,
  }).spawn();
  using _forwarding = forwardSignals(daemon);
  const ended = new AbortController();
  const keeping = keep({ config, stateDir, user, pid: daemon.pid }, {
    listening,
    signal: ended.signal,
  }).catch((error) => {
    if (error !== ended.signal.reason) throw error;
  });
  const { code, signal } = await daemon.status;
  ended.abort();
  await keeping;
  if (signal !== null) logger.error`the server was ended by ${signal}`;
  return code;
}

interface Kept {
  config: ServeConfig;
  stateDir: string;
  user: HostUser;
  /** The daemon's. */
  pid: number;
}

/** Starts job hosts from when the daemon listens: one that can't leaves none behind. */
async function keep(
  { config, stateDir, user, pid }: Kept,
  { listening, signal }: Pick<KeeperOptions, "listening"> & {
    signal: AbortSignal;
  },
): Promise<void> {
  let address: string | null;
  while ((address = readAddress(stateDir, pid)) === null) {
    await delay(LOOK_MS, signal);
  }
  const starter = new HostStarter({
    stateDir,
    launch: () =>
      launchHost({
        stateDir,
        command: ownCommand(),
        args: [`--log-level=${config.logLevel}`, `--allow-uid=${user.uid}`],
        shared: true,
      }),
  });
  starter.look();
  const { adminCa, adminCert, adminKey } = statePaths(stateDir);
  await listening({
    address,
    admin: config.tls
      ? null
      : { cacert: adminCa, cert: adminCert, key: adminKey },
  });
  for (;;) {
    starter.look();
    await delay(LOOK_MS, signal);
  }
}

/** What the daemon of that pid listens on; null before it does. The daemon's user could write anything. */
function readAddress(stateDir: string, pid: number): string | null {
  const { lock, address } = runFiles(stateDir);
  if (PidLock.pidIn(lock) !== pid) return null;
  const text = Deno.readTextFileSync(address).trim();
  return /^[\w.:[\]-]{1,255}:\d{1,5}$/.test(text) ? text : null;
}

function forwardSignals(daemon: Deno.ChildProcess): Disposable {
  const stack = new DisposableStack();
  for (const signal of FORWARDED) {
    const forward = () => {
      try {
        daemon.kill(signal);
      } catch {
        // It has ended in this moment.
      }
    };
    Deno.addSignalListener(signal, forward);
    stack.defer(() => Deno.removeSignalListener(signal, forward));
  }
  return stack;
}
