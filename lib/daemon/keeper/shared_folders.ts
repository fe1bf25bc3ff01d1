import { statePaths } from "../../../certs/mod.ts";
import { hostPaths } from "../../jobhost/host_paths.ts";
import { Entry } from "../../linux/entry.ts";
import { conflict, giveTree, type Recipient, shareJobs } from "./give_tree.ts";
import { isOpen, rootFolder } from "./root_folder.ts";
import { runFiles } from "../run_files.ts";

/**
 * Prepares the state directory of a server whose daemon runs as `reader` while its jobs are root's:
 *
 * - the directory is root's; the reader may make files in it, but touch none of root's;
 * - `run/` and `jobs/` are root's; the reader may read them;
 * - `run/worker.pid`, `run/address`, the certificates and the audit log are the reader's.
 *
 * What a server of root's has left is handed over once, while nobody else may write there. From then on root changes nothing that the reader could have put there.
 *
 * @param stateDir A real path, no symbolic link in it.
 * @throws {WorkerError} `CONFLICT` when something is not what it should be.
 */
export function shareFolders(stateDir: string, reader: Recipient): void {
  const { uid, gid } = reader;
  using state = rootFolder(stateDir);
  const { run, jobs } = hostPaths(stateDir);
  if (!isShared(stateDir, reader)) {
    if (isOpen(state)) {
      throw conflict(
        stateDir,
        `others may write there, and it was not prepared for the user ${uid}: chmod 700 "${stateDir}"`,
      );
    }
    for (const entry of daemonsOwn(stateDir)) {
      using _ = entry;
      giveTree(entry, reader);
    }
    using folder = rootFolder(jobs);
    shareJobs(folder, gid);
  }
  using runFolder = rootFolder(run);
  runFolder.give({ uid: 0, gid, mode: 0o750 });
  shareRun(stateDir, reader);
  Deno.writeTextFileSync(runFiles(stateDir).runAs, markOf(reader), {
    mode: 0o600,
  });
  for (const entry of daemonsOwn(stateDir)) {
    using _ = entry;
    refuseForeign(entry, uid);
  }
  using jobsFolder = rootFolder(jobs);
  jobsFolder.give({ uid: 0, gid, mode: 0o2750 });
  // Sticky: what the reader makes is its own, and the rest stays where it is.
  state.give({ uid: 0, gid, mode: 0o1770 });
}

/** Says that the directory is root's alone again, so that it is prepared anew the next time. */
export function unshareFolders(stateDir: string): void {
  try {
    Deno.removeSync(runFiles(stateDir).runAs);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Whether the directory was prepared for this user, by root. */
export function isShared(stateDir: string, reader: Recipient): boolean {
  const { run } = hostPaths(stateDir);
  try {
    using folder = Entry.open(run);
    const { uid, isDirectory } = folder.stat();
    if (uid !== 0 || !isDirectory) return false;
    return Deno.readTextFileSync(runFiles(stateDir).runAs) === markOf(reader);
  } catch {
    return false;
  }
}

const markOf = ({ uid, gid }: Recipient) => `${uid}:${gid}\n`;

/** What the daemon alone needs, as far as it is there. Dispose each. */
function* daemonsOwn(stateDir: string): Generator<Entry> {
  const { caDir, adminDir, serverCert, serverKey, revoked, lock } = statePaths(
    stateDir,
  );
  const others = [
    ".revoked.lock",
    "audit",
    "cluster",
    "servers.json",
  ].map((name) => `${stateDir}/${name}`);
  const paths = [caDir, adminDir, serverCert, serverKey, revoked, lock];
  for (const path of [...paths, ...others]) {
    try {
      Deno.lstatSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    yield Entry.open(path);
  }
}

/** The files that the daemon keeps in a folder where it may not make any. */
function shareRun(stateDir: string, { uid, gid }: Recipient): void {
  const { lock, address } = runFiles(stateDir);
  for (const path of [lock, address]) {
    // The folder is root's, so nobody else can have put something there.
    Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
    using entry = Entry.open(path);
    entry.give({ uid, gid, mode: 0o640 });
  }
}

function refuseForeign(entry: Entry, uid: number): void {
  const owner = entry.stat().uid;
  if (owner === uid) return;
  throw conflict(
    entry.name,
    `it belongs to the user ${owner}, and the server runs as ${uid}: chown -hR ${uid} "${entry.name}"`,
  );
}
