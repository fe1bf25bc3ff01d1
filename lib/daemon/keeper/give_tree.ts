import { WorkerError } from "../../api/errors.ts";
import { Entry } from "../../linux/entry.ts";

/** A user and its group. */
export interface Recipient {
  uid: number;
  gid: number;
}

/**
 * Gives a file, or a folder with all that is in it, to a user; what is that user's already is left
 * alone. Nothing that others could reach meanwhile may be handed over.
 *
 * @throws {WorkerError} `CONFLICT` for what belongs to somebody else, is no plain file, or has
 * another name elsewhere.
 */
export function giveTree(entry: Entry, to: Recipient): void {
  const { isDirectory, isFile, nlink, uid } = entry.stat();
  if (!isDirectory && !isFile) {
    throw conflict(entry.name, "it is neither a file nor a folder");
  }
  if (isFile && nlink !== 1) {
    throw conflict(entry.name, `it has ${nlink} names: keep one`);
  }
  if (uid !== 0 && uid !== to.uid) {
    throw conflict(
      entry.name,
      `it belongs to the user ${uid}: give it to root or to the user ${to.uid}`,
    );
  }
  if (isDirectory) {
    for (const child of entry.children()) {
      using _ = child;
      giveTree(child, to);
    }
  }
  // The folder last: until then nobody but root can put anything into it.
  if (uid === 0) entry.give(to);
}

/**
 * Lets a group read the output of jobs, and nothing else of them: `entry` is their folder.
 *
 * @throws {WorkerError} `CONFLICT`, as `giveTree`.
 */
export function shareJobs(entry: Entry, gid: number, depth = 0): void {
  const { isDirectory, isFile, nlink, uid } = entry.stat();
  if (uid !== 0) throw conflict(entry.name, `it belongs to the user ${uid}`);
  if (isFile) {
    if (nlink !== 1) throw conflict(entry.name, `it has ${nlink} names`);
    // jobs/<id>/job.json is at depth 2: records stay root's own.
    if (depth > 2) entry.give({ uid, gid, mode: 0o640 });
    return;
  }
  if (!isDirectory) {
    throw conflict(entry.name, "it is neither a file nor a folder");
  }
  // New files in it get the group too.
  entry.give({ uid, gid, mode: 0o2750 });
  for (const child of entry.children()) {
    using _ = child;
    shareJobs(child, gid, depth + 1);
  }
}

/** Says why a state directory can't be shared. */
export function conflict(path: string, reason: string): WorkerError {
  return new WorkerError(
    "CONFLICT",
    `cannot share the state directory with another user because of "${path}": ${reason}`,
  );
}
