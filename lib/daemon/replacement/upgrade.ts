import { dirname } from "node:path";
import { WorkerError } from "../../api/errors.ts";
import { delay } from "../../client/delay.ts";
import { PidLock } from "../../jobhost/pid_lock.ts";
import { examineExecutable } from "./examine_executable.ts";
import { findServer, type FoundServer } from "../find_server.ts";
import { REPLACEMENT_PATIENCE_MS } from "./replacement.ts";
import { forgetOutcome, readOutcome } from "./replacement_outcome.ts";
import { runFiles } from "../run_files.ts";

const LOOK_MS = 50;

/** Longer than the server itself waits: it is to say what was wrong. */
const PATIENCE_MS = REPLACEMENT_PATIENCE_MS + 30_000;

/** What to upgrade, and how. */
export interface UpgradeOptions {
  stateDir: string;
  /** The new executable. */
  file: string;
  /** How long the server may take to be replaced, ms. @default {150_000} */
  patience?: number;
}

/** An upgrade that came about. */
export interface Upgrade {
  /** The file that was replaced; the one before it is beside it, with `.old` behind its name. */
  executable: string;
  /** Versions. */
  from: string;
  to: string;
  /** Of the process that serves now. */
  pid: number;
}

/**
 * Puts an executable in the place of the one a server runs from, and has the server replace itself
 * (SIGUSR2). When the new one does not come to serve, the old executable is put back; the server has
 * gone on all the while.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` when the file is no executable of this program,
 * `NOT_FOUND` when no server runs, `CONFLICT` when it runs from sources, `PERMISSION_DENIED`, or
 * `UNAVAILABLE` with the reason when the new one does not serve.
 */
export async function upgrade(
  { stateDir, file, patience = PATIENCE_MS }: UpgradeOptions,
): Promise<Upgrade> {
  const server = findReplaceable(stateDir);
  const from = await examineExecutable(server.executable);
  const to = await examineExecutable(file);
  const replaced = await replaceFile(server.executable, file);
  try {
    forgetOutcome(stateDir);
    Deno.kill(server.pid, "SIGUSR2");
    const pid = await awaitOutcome(stateDir, { server, patience });
    return { executable: server.executable, from, to, pid };
  } catch (error) {
    replaced?.undo();
    throw error;
  }
}

interface Server extends FoundServer {
  executable: string;
}

function findReplaceable(stateDir: string): Server {
  const server = findServer(stateDir);
  if (server === null) {
    throw new WorkerError(
      "NOT_FOUND",
      `no server uses "${stateDir}": start one, or name its state directory with --state-dir`,
    );
  }
  try {
    const { executable } = runFiles(stateDir);
    return { ...server, executable: Deno.readTextFileSync(executable).trim() };
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new WorkerError(
      "CONFLICT",
      `the server (pid ${server.pid}) runs from sources: there is no executable to replace`,
      { cause },
    );
  }
}

/** Null when they are the same file already. */
async function replaceFile(
  target: string,
  file: string,
): Promise<{ undo(): void } | null> {
  const [before, next] = await Promise.all([
    Deno.stat(target),
    Deno.stat(file),
  ]);
  if (before.dev === next.dev && before.ino === next.ino) return null;
  const [fresh, old] = [`${target}.new`, `${target}.old`];
  try {
    await Deno.copyFile(file, fresh);
    await Deno.chmod(fresh, (before.mode ?? 0o755) & 0o777);
    if (Deno.uid() === 0) await Deno.chown(fresh, before.uid, before.gid);
    await sync(fresh);
    await Deno.remove(old).catch(() => {});
    await Deno.link(target, old);
    await Deno.rename(fresh, target);
    await sync(dirname(target));
  } catch (cause) {
    await Deno.remove(fresh).catch(() => {});
    const code = cause instanceof Deno.errors.PermissionDenied
      ? "PERMISSION_DENIED"
      : "UNAVAILABLE";
    throw new WorkerError(
      code,
      `cannot replace "${target}": ${(cause as Error).message}`,
      { cause },
    );
  }
  return { undo: () => Deno.renameSync(old, target) };
}

async function sync(path: string): Promise<void> {
  using file = await Deno.open(path);
  await file.sync();
}

/** The pid of the process that serves now. */
async function awaitOutcome(
  stateDir: string,
  { server, patience }: { server: Server; patience: number },
): Promise<number> {
  const deadline = performance.now() + patience;
  for (;;) {
    const outcome = readOutcome(stateDir);
    if (outcome?.result === "ok") return outcome.pid;
    if (outcome?.result === "failed") {
      throw notReplaced(server, outcome.reason);
    }
    if (!PidLock.isHeld(server.lock)) {
      throw notReplaced(server, "it has ended");
    }
    if (performance.now() > deadline) {
      throw notReplaced(server, `it did not say so within ${patience} ms`);
    }
    await delay(LOOK_MS);
  }
}

function notReplaced({ pid }: Server, reason: string): WorkerError {
  return new WorkerError(
    "UNAVAILABLE",
    `the server (pid ${pid}) was not replaced, and the executable is the old one again: ${reason}`,
  );
}
