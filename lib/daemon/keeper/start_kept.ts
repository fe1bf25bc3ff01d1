import { keptEnvironment } from "../../config/kept_environment.ts";
import type { ServeConfig } from "../../config/serve_config.ts";
import type { HostUser } from "../../jobs/users.ts";
import { inheritable } from "../../linux/inheritable.ts";
import type { ListeningSocket } from "../../linux/listening_socket.ts";
import { inheritanceVariables } from "../replacement/inheritance.ts";
import { refuseUnreadable } from "./refuse_unreadable.ts";
import { asUser, environmentOf } from "./run_as_user.ts";
import type { SharedProgram } from "./shared_program.ts";

/** How {@linkcode startKept} starts a daemon. */
export interface StartKeptOptions {
  /** Arguments of `worker serve` for it, without a state directory. */
  args: readonly string[];
  user: HostUser;
  program: SharedProgram;
  stateDir: string;
  /** What it inherits. */
  sockets: readonly ListeningSocket[];
  admin: { readonly fd: number };
  aliveMs: number | null;
  replaces: boolean;
}

/**
 * Starts the daemon of a keeper as its user.
 *
 * @throws {WorkerError} `PERMISSION_DENIED` when that user can't read what it needs.
 */
export async function startKept(
  config: ServeConfig,
  options: StartKeptOptions,
): Promise<Deno.ChildProcess> {
  const { args, user, stateDir, sockets, admin, aliveMs, replaces } = options;
  const { command, env } = options.program;
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
  const secrets = await keptEnvironment(config);
  using inherited = new DisposableStack();
  const copy = ({ fd }: { readonly fd: number }) =>
    inherited.use(inheritable(fd)).fd;
  return new Deno.Command(program!, {
    args: words,
    env: {
      ...env,
      ...secrets,
      ...environmentOf(user),
      ...inheritanceVariables(sockets.map(copy), {
        admin: copy(admin),
        aliveMs,
        replaces,
      }),
    },
    cwd: "/",
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    detached: true,
  }).spawn();
}
