import { basename, dirname, join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { WorkerError } from "../../api/errors.ts";
import { delay } from "../../client/delay.ts";
import { hostPaths } from "../../jobhost/host_paths.ts";
import { livingHosts } from "../../jobhost/living_hosts.ts";
import { PidLock } from "../../jobhost/pid_lock.ts";
import type { HostUser } from "../../jobs/users.ts";
import { awaitLock } from "../await_lock.ts";
import { conflict } from "./give_tree.ts";
import { refuseOpenAncestors, rootFolder } from "./root_folder.ts";
import { runFiles } from "../run_files.ts";
import { isShared, shareFolders } from "./shared_folders.ts";
import { inUse } from "../place.ts";

const logger = getLogger(["worker", "daemon"]);

/** How long the job host of a server without `--run-as` may take to end: an idle one takes ten seconds. */
const IDLE_MS = 15_000;
const LOOK_MS = 100;

/** For whom {@linkcode takeStateDir} prepares a state directory. */
export interface TakeOptions {
  user: HostUser;
  /** Another keeper of the same user serves there: its lock is to be had later. */
  replaces: boolean;
}

/** A state directory that is this keeper's for as long as it is not disposed. */
export interface KeptStateDir extends Disposable {
  /** Without symbolic links. */
  readonly path: string;
  /** Waits until the one that is replaced lets go of the lock. */
  awaitLock(signal: AbortSignal): Promise<void>;
}

/**
 * Locks a state directory for a keeper, and prepares it for a daemon that runs as `user`.
 *
 * @throws {WorkerError} `CONFLICT` when another server uses it, jobs still run in it that this user's
 * daemon could not read, or something in it is not what it should be.
 */
export async function takeStateDir(
  stateDir: string,
  { user, replaces }: TakeOptions,
): Promise<KeptStateDir> {
  const path = realPath(stateDir);
  refuseOpenAncestors(path);
  const { run } = hostPaths(path);
  rootFolder(path)[Symbol.dispose]();
  rootFolder(run)[Symbol.dispose]();
  const { keeperLock, lock } = runFiles(path);
  using held = new DisposableStack();
  if (replaces && !isShared(path, user)) {
    throw conflict(path, `it is not that of a server that runs as ${user.uid}`);
  }
  if (!replaces) {
    const taken = PidLock.take(keeperLock);
    if (taken === null) throw inUse(keeperLock);
    held.use(taken);
    if (PidLock.isHeld(lock)) throw inUse(lock);
    if (!isShared(path, user)) await awaitForeignHosts(run);
  }
  shareFolders(path, user);
  const locks = held.move();
  return {
    path,
    async awaitLock(signal) {
      if (replaces) locks.use(await awaitLock(keeperLock, signal));
    },
    [Symbol.dispose]: () => locks.dispose(),
  };
}

/** The path without symbolic links; its last part may be missing. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  return join(Deno.realPathSync(dirname(path)), basename(path));
}

/** A job host that was not started for this user does not let it in, nor read its jobs' output. */
async function awaitForeignHosts(run: string): Promise<void> {
  const deadline = performance.now() + IDLE_MS;
  for (let told = false;; told = true) {
    const [host] = livingHosts(run);
    if (host === undefined) return;
    if (performance.now() > deadline) {
      throw new WorkerError(
        "CONFLICT",
        `jobs that were started without this --run-as still run ("${host.lock}"): wait for their end or stop them, then start the server again`,
      );
    }
    if (!told) {
      logger.info`waiting for the job host of the server before to end`;
    }
    await delay(LOOK_MS);
  }
}
