import { getLogger } from "@logtape/logtape";
import type { ServeConfig } from "../config/serve_config.ts";
import { ownCommand } from "../jobhost/mod.ts";
import type { HostUser } from "../jobs/users.ts";
import { inheritable } from "../linux/inheritable.ts";
import type { ListeningSocket } from "../linux/listening_socket.ts";
import { onSignals } from "../supervisor/signals.ts";
import { readNews, tellNews } from "./daemon_news.ts";
import { HostKeeper } from "./host_keeper.ts";
import { type Inheritance, inheritanceVariables } from "./inheritance.ts";
import { noteExecutable } from "./own_program.ts";
import { KeeperReplacement, send } from "./keeper_replacement.ts";
import { listenOn } from "./listen_addresses.ts";
import { refuseUnreadable } from "./refuse_unreadable.ts";
import { asUser, environmentOf, runAsUser } from "./run_as_user.ts";
import { type AdminFiles, adminFiles } from "./server_files.ts";
import type { ServiceManager } from "./service_manager.ts";
import { shareProgram } from "./shared_program.ts";
import { takeStateDir } from "./take_state_dir.ts";

const logger = getLogger(["worker", "daemon"]);

/** Signals that are the daemon's, and end a replacement that is not ready. */
const FORWARDED = ["SIGTERM", "SIGINT", "SIGQUIT"] as const;

/** A daemon that listens, as its keeper sees it. */
export interface KeptDaemon {
  /** `host:port` of each listener. */
  addresses: readonly string[];
  /** The administrator's files; null when the certificates are the operator's own. */
  admin: AdminFiles | null;
}

/** Options of {@linkcode keepDaemon}. */
export interface KeeperOptions {
  /** Arguments of `worker serve` for the daemon, without a state directory. */
  args: readonly string[];
  inheritance: Inheritance;
  manager: ServiceManager;
  /** Called once, when the daemon serves. */
  listening(daemon: KeptDaemon): Promise<void>;
}

/** How a kept daemon has ended. */
export interface KeptEnd {
  /** Its exit code; 128+n when signal n ended it. */
  code: number;
  /** Why it could not serve; null when it did, or did not say. */
  reason: string | null;
}

/**
 * `worker serve --run-as USER`: the process that stays root, so that the one that parses the network
 * need not be. It prepares the state directory, listens, starts the daemon as that user with the
 * listening sockets, and the job host as root whenever there is none; it reads nothing that comes
 * from the network. It ends with the daemon.
 *
 * @throws {WorkerError} `PERMISSION_DENIED`, `INVALID_ARGUMENT` or `CONFLICT` before the daemon is
 * started.
 */
export async function keepDaemon(
  config: ServeConfig,
  options: KeeperOptions,
): Promise<KeptEnd> {
  const { manager, inheritance: { replaces, sockets: inherited } } = options;
  const user = await runAsUser(config.runAs ?? "");
  using stack = new DisposableStack();
  const state = stack.use(
    await takeStateDir(config.stateDir, { user, replaces }),
  );
  const sockets = inherited ?? await listenOn(config.listen);
  for (const socket of sockets) stack.use(socket);
  const daemon = await startKept(config, {
    ...options,
    user,
    sockets,
    stateDir: state.path,
  });

  noteExecutable(state.path);
  const ended = new AbortController();
  const host = new HostKeeper({ config, stateDir: state.path, user });
  const replacing = new KeeperReplacement({
    daemon,
    host,
    sockets,
    manager,
    stateDir: state.path,
    letGo: () => state[Symbol.dispose](),
  });
  using _forwarding = onSignals({
    // A terminal's Ctrl-C comes once, from here.
    ...Object.fromEntries(
      FORWARDED.map((signal) => [signal, () => {
        replacing.giveUp();
        send(daemon, signal);
      }]),
    ),
    SIGHUP: () => send(daemon, "SIGHUP"),
    SIGUSR2: () => void replacing.begin(),
  });
  let reason: string | null = null;
  const listened = listen(daemon.stdout, {
    bound: () => host.keep(ended.signal),
    failed: (why) => void (reason = why),
    ready: async (addresses) => {
      const admin = config.tls ? null : adminFiles(state.path);
      if (replaces) {
        tellNews({ type: "ready", addresses });
        await state.awaitLock(ended.signal);
      } else await options.listening({ addresses, admin });
      manager.ready(`serves on ${addresses.join(", ")}`);
      stack.use(manager.watchdog(() => true));
    },
  });
  const { code, signal } = await daemon.status;
  ended.abort();
  await listened;
  if (signal !== null) logger.error`the server was ended by ${signal}`;
  return { code, reason };
}

/** Starts the daemon as its user; it inherits the sockets. */
async function startKept(
  config: ServeConfig,
  { args, user, sockets, stateDir, inheritance: { replaces } }:
    & KeeperOptions
    & {
      user: HostUser;
      sockets: readonly ListeningSocket[];
      stateDir: string;
    },
): Promise<Deno.ChildProcess> {
  const { command, env } = shareProgram(stateDir, {
    command: ownCommand(),
    replaces,
  });
  const files = config.configFile === null ? [] : [config.configFile];
  await refuseUnreadable([stateDir, ...command, ...files], user);
  const [program, ...words] = [
    ...asUser(user),
    ...command,
    "serve",
    ...args,
    `--state-dir=${stateDir}`,
    "--kept",
  ];
  using inherited = new DisposableStack();
  const fds = sockets.map(({ fd }) => inherited.use(inheritable(fd)).fd);
  return new Deno.Command(program!, {
    args: words,
    env: {
      ...env,
      ...environmentOf(user),
      ...inheritanceVariables(fds, { replaces }),
    },
    cwd: "/",
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    detached: true,
  }).spawn();
}

/** Does what the daemon's news ask for. */
async function listen(
  output: ReadableStream<Uint8Array>,
  on: {
    bound(): void;
    ready(addresses: readonly string[]): Promise<void>;
    failed(reason: string): void;
  },
): Promise<void> {
  const told = new Set<string>();
  for await (const news of readNews(output)) {
    if (told.has(news.type)) continue;
    told.add(news.type);
    if (news.type === "bound") on.bound();
    else if (news.type === "failed") on.failed(news.reason);
    else await on.ready(news.addresses).catch(() => {});
  }
}
