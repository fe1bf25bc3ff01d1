import { getLogger } from "@logtape/logtape";
import type { ServeConfig } from "../../config/serve_config.ts";
import { ownCommand } from "../../jobhost/mod.ts";
import { onSignals } from "../../supervisor/signals.ts";
import { readNews, tellNews } from "../replacement/daemon_news.ts";
import { HostKeeper } from "./host_keeper.ts";
import type { Inheritance } from "../replacement/inheritance.ts";
import { KeeperReplacement, send } from "./keeper_replacement.ts";
import { KeptAdminSocket } from "./kept_admin_socket.ts";
import { aliveInterval, KeptLife } from "./kept_life.ts";
import { describeWays } from "../describe_ways.ts";
import { listenOn } from "../listen_addresses.ts";
import { noteExecutable } from "../replacement/own_program.ts";
import { runAsUser } from "./run_as_user.ts";
import { type AdminFiles, adminFiles } from "../server_files.ts";
import type { ServiceManager } from "../service_manager.ts";
import { shareProgram } from "./shared_program.ts";
import { startKept } from "./start_kept.ts";
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
  const { args, manager, inheritance } = options;
  const { replaces } = inheritance;
  const user = await runAsUser(config.runAs ?? "");
  using stack = new DisposableStack();
  const state = stack.use(
    await takeStateDir(config.stateDir, { user, replaces }),
  );
  const stateDir = state.path;
  const sockets = inheritance.sockets ?? await listenOn(config.listen);
  const listening = stack.use(new DisposableStack());
  for (const socket of sockets) listening.use(socket);
  const admin = listening.use(
    new KeptAdminSocket(stateDir, { user, inherited: inheritance.admin }),
  );
  const program = stack.use(shareProgram(stateDir, ownCommand()));
  const aliveMs = aliveInterval(manager);
  const daemon = await startKept(config, {
    ...{ args, user, program, stateDir, sockets, admin, aliveMs, replaces },
  });

  noteExecutable(stateDir);
  const ended = new AbortController();
  const host = new HostKeeper({ config, stateDir, user });
  const life = stack.use(
    new KeptLife(manager, () => send(daemon, "SIGKILL")),
  );
  const replacing = new KeeperReplacement({
    ...{ daemon, host, sockets, admin, manager, stateDir },
    handOver: () => {
      life.handOver();
      admin.handOver();
      state[Symbol.dispose]();
      // When the last of this one is gone, so are the files that it alone has used.
      stack.defer(() => {
        program[Symbol.dispose]();
        program.sweep();
      });
    },
  });
  using _forwarding = onSignals({
    // A terminal's Ctrl-C comes once, from here.
    ...Object.fromEntries(
      FORWARDED.map((signal) => [signal, () => {
        replacing.giveUp();
        if (!replacing.done) manager.stopping();
        // While one listens, the kernel lets everybody connect, to wait for an answer in vain.
        listening.dispose();
        send(daemon, signal);
      }]),
    ),
    SIGHUP: () => send(daemon, "SIGHUP"),
    SIGUSR2: () => replacing.begin(),
  });
  const serve = async (addresses: readonly string[]) => {
    if (replaces) {
      tellNews({ type: "ready", addresses });
      await state.awaitLock(ended.signal);
    } else {
      const admin = config.tls ? null : adminFiles(stateDir);
      await options.listening({ addresses, admin });
    }
    const { proxies } = config;
    manager.ready(describeWays({ addresses, proxies }));
    life.begin();
    replacing.allow();
  };
  let reason: string | null = null;
  let serving: Promise<void> = Promise.resolve();
  const told = new Set<string>();
  const listened = (async () => {
    for await (const news of readNews(daemon.stdout)) {
      if (news.type === "alive") life.heard();
      // It speaks for the network by now: once is enough.
      else if (told.has(news.type)) continue;
      else if (news.type === "bound") {
        if (config.roles.includes("node")) host.keep(ended.signal);
      } else if (news.type === "failed") reason = news.reason;
      else serving = serve(news.addresses).catch(() => {});
      told.add(news.type);
    }
  })();
  const { code, signal } = await daemon.status;
  ended.abort();
  await listened;
  await serving;
  await replacing.givenUp;
  if (signal !== null) logger.error`the server was ended by ${signal}`;
  return { code, reason };
}
