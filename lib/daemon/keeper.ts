import { getLogger } from "@logtape/logtape";
import { statePaths } from "../../certs/mod.ts";
import { delay } from "../client/delay.ts";
import type { ServeConfig } from "../config/serve_config.ts";
import { HostStarter, launchHost, ownCommand } from "../jobhost/mod.ts";
import type { HostUser } from "../jobs/users.ts";
import { readNews } from "./daemon_news.ts";
import { asUser, environmentOf, runAsUser } from "./run_as_user.ts";
import { shareProgram } from "./shared_program.ts";
import { takeStateDir } from "./take_state_dir.ts";
import { refuseUnreadable } from "./refuse_unreadable.ts";

const logger = getLogger(["worker", "daemon"]);

/** Between two looks whether there is a job host. */
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
  /** Called once, when the daemon serves. */
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
    stdout: "piped",
    stderr: "inherit",
    // A terminal's Ctrl-C comes once, from here.
    detached: true,
  }).spawn();
  using _forwarding = forwardSignals(daemon);
  const ended = new AbortController();
  const listened = listen(daemon.stdout, {
    bound: () =>
      void keepHost({ config, stateDir, user }, ended.signal).catch((error) => {
        if (!ended.signal.aborted) logger.error`no job host is kept: ${error}`;
      }),
    ready: (address) =>
      listening({ address, admin: config.tls ? null : adminOf(stateDir) }),
  });
  const { code, signal } = await daemon.status;
  ended.abort();
  await listened;
  if (signal !== null) logger.error`the server was ended by ${signal}`;
  return code;
}

/** Does what the daemon's news ask for. */
async function listen(
  output: ReadableStream<Uint8Array>,
  on: { bound(): void; ready(address: string): Promise<void> },
): Promise<void> {
  const told = new Set<string>();
  for await (const news of readNews(output)) {
    if (told.has(news.type)) continue;
    told.add(news.type);
    if (news.type === "bound") on.bound();
    else await on.ready(news.address);
  }
}

/** Starts a job host whenever there is none, until `signal`. */
async function keepHost(
  { config, stateDir, user }: {
    config: ServeConfig;
    stateDir: string;
    user: HostUser;
  },
  signal: AbortSignal,
): Promise<void> {
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
  for (;;) {
    starter.look();
    await delay(LOOK_MS, signal);
  }
}

function adminOf(stateDir: string): KeptDaemon["admin"] {
  const { adminCa, adminCert, adminKey } = statePaths(stateDir);
  return { cacert: adminCa, cert: adminCert, key: adminKey };
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
