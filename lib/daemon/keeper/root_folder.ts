import { dirname } from "node:path";
import { Entry } from "../../linux/entry.ts";
import { conflict } from "./give_tree.ts";

const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * A folder of root's, made when it is missing, for root alone.
 *
 * @throws {WorkerError} `CONFLICT` when something else is there.
 */
export function rootFolder(path: string): Entry {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  const entry = Entry.open(path);
  const { isDirectory, uid } = entry.stat();
  if (isDirectory && uid === 0) return entry;
  entry[Symbol.dispose]();
  throw conflict(
    path,
    isDirectory
      ? `it belongs to the user ${uid}, and should be root's`
      : "it is no folder",
  );
}

/** Whether somebody else than root may make or rename files in a folder. */
export function isOpen(entry: Entry): boolean {
  return ((entry.stat().mode ?? 0) & OTHERS_WRITE) !== 0;
}

/**
 * Sees to it that nobody but root can put another folder in the place of this one.
 *
 * @param path A real path.
 * @throws {WorkerError} `CONFLICT`
 */
export function refuseOpenAncestors(path: string): void {
  for (let folder = dirname(path);; folder = dirname(folder)) {
    using entry = rootFolder(folder);
    if (isOpen(entry) && ((entry.stat().mode ?? 0) & STICKY) === 0) {
      throw conflict(
        folder,
        `others than root may rename what is in it: chmod go-w "${folder}"`,
      );
    }
    if (folder === "/") return;
  }
}
