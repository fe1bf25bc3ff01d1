import { getLogger } from "@logtape/logtape";
import { delay } from "../../client/delay.ts";
import { inheritable } from "../../linux/inheritable.ts";
import type { ListeningSocket } from "../../linux/listening_socket.ts";
import { readNews } from "./daemon_news.ts";
import { inheritanceVariables } from "./inheritance.ts";

const logger = getLogger(["worker", "daemon"]);

/** How long one that did not become ready may take to end before it is killed, ms. */
const END_MS = 2_000;

/** A busy host may take a minute to start a program that others start in a quarter of a second. */
export const REPLACEMENT_PATIENCE_MS = 120_000;

/** How {@linkcode startReplacement} goes about it. */
export interface ReplacementOptions {
  /** The words that start it. */
  command: readonly string[];
  /** What it is to listen on; connections that wait there are its own from now on. */
  sockets: readonly ListeningSocket[];
  /** The administrator's, where it is handed down. */
  admin?: { readonly fd: number };
  /** Variables on top of this process's own. */
  env?: Readonly<Record<string, string>>;
  /** How long it may take to become ready, ms. @default {120_000} */
  patience?: number;
  /** Gives up. */
  signal?: AbortSignal;
}

/** A server that serves beside this one, and waits for its locks. */
export interface Replacement {
  pid: number;
  /** `host:port` */
  addresses: readonly string[];
  /** Resolves when it has ended. */
  ended: Promise<unknown>;
}

/**
 * Starts a server that is to take this one's place, and waits until it serves, on the same sockets:
 * from its first to this one's last connection there is always one who accepts.
 *
 * @throws {Error} with the reason when it did not become ready; nothing of it is left then.
 */
export async function startReplacement(
  options: ReplacementOptions,
): Promise<Replacement> {
  const { patience = REPLACEMENT_PATIENCE_MS, signal } = options;
  const child = start(options);
  logger.info`started ${child.pid} to take this server's place`;
  const given = AbortSignal.any([
    AbortSignal.timeout(patience),
    ...signal ? [signal] : [],
  ]);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const giveUp = () =>
    reject(
      signal?.aborted
        ? signal.reason
        : new Error(`it was not ready within ${patience} ms`),
    );
  given.addEventListener("abort", giveUp, { once: true });
  try {
    const addresses = await Promise.race([becomesReady(child), aborted]);
    return { pid: child.pid, addresses, ended: child.status };
  } catch (error) {
    await end(child);
    throw error;
  } finally {
    given.removeEventListener("abort", giveUp);
  }
}

function start(
  { command: [program, ...args], sockets, admin, env }: ReplacementOptions,
): Deno.ChildProcess {
  using inherited = new DisposableStack();
  const copy = ({ fd }: { readonly fd: number }) =>
    inherited.use(inheritable(fd)).fd;
  const handed = { admin: admin ? copy(admin) : null, replaces: true };
  return new Deno.Command(program!, {
    args,
    env: { ...env, ...inheritanceVariables(sockets.map(copy), handed) },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    // What its predecessor's terminal or shell does is nothing to it.
    detached: true,
  }).spawn();
}

/** Resolves with its addresses when it serves. @throws {Error} when it says that it can't, or ends. */
async function becomesReady(
  child: Deno.ChildProcess,
): Promise<readonly string[]> {
  for await (const news of readNews(child.stdout)) {
    if (news.type === "ready") return news.addresses;
    if (news.type === "failed") throw new Error(news.reason);
  }
  const { code, signal } = await child.status;
  throw new Error(
    `it ended with ${signal ?? `code ${code}`} before it was ready`,
  );
}

async function end(child: Deno.ChildProcess): Promise<void> {
  const kill = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // It has ended.
    }
  };
  kill("SIGTERM");
  const late = new AbortController();
  delay(END_MS, late.signal).then(() => kill("SIGKILL"), () => {});
  await child.status;
  late.abort();
}
