import { DatabaseSync } from "node:sqlite";
import { StoreError } from "./store_error.ts";

/** The layout below, in the file's `user_version`. */
const VERSION = 1;

const FILE_MODE = 0o600;

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/**
 * Values as they are, and the latest changes: one row of `events` for each revision, the last of
 * which is never removed and so says the revision of the store.
 */
const SCHEMA = `
  CREATE TABLE items (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    revision INTEGER NOT NULL,
    expires_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX items_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE events (
    revision INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    type TEXT NOT NULL,
    value TEXT,
    expires_at INTEGER
  ) STRICT;
  PRAGMA user_version = ${VERSION};
`;

/**
 * Opens a database file, made when missing, with mode 0600. It is this process's alone until it is
 * closed or the process ends, however it ends; what was committed is on the disk.
 *
 * @throws {StoreError} `in_use`, `damaged` or `unavailable`
 */
export function openSqliteFile(path: string): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    // SQLite gives the files beside it the mode of this one.
    Deno.openSync(path, { append: true, create: true, mode: FILE_MODE })
      .close();
    Deno.chmodSync(path, FILE_MODE);
    database = new DatabaseSync(path);
    // Another process is refused here, at once, and not in the middle of its work.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    // Prepared: errors of `exec` do not say their code.
    database.prepare("PRAGMA journal_mode = WAL").get();
    database.exec("PRAGMA synchronous = FULL");
    prepare(database, path);
    return database;
  } catch (error) {
    if (database?.isOpen) database.close();
    throw storeErrorOf(error, path);
  }
}

/** What SQLite or the file system threw, in this folder's words. */
export function storeErrorOf(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const cause = error as Error & { errcode?: number };
  // The low byte is the code, what is above says more of it.
  switch ((cause.errcode ?? 0) & 0xff) {
    case SQLITE_BUSY:
      return new StoreError(
        "in_use",
        `the cluster's store "${path}" is open in another process: stop that one, or use another state directory`,
        { cause },
      );
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged(path, cause.message, { cause });
    default:
      return new StoreError(
        "unavailable",
        `the cluster's store "${path}" can't be used: ${cause.message}`,
        { cause },
      );
  }
}

function prepare(database: DatabaseSync, path: string): void {
  const check = database.prepare("PRAGMA quick_check(1)").get();
  if (check?.quick_check !== "ok") {
    throw damaged(path, String(check?.quick_check));
  }
  const { user_version } = database.prepare("PRAGMA user_version").get()!;
  if (user_version === VERSION) return;
  if (user_version !== 0) {
    throw new StoreError(
      "damaged",
      `the cluster's store "${path}" is of layout ${user_version}, this program knows ${VERSION}: use the version that made it, or a newer one`,
    );
  }
  database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
}

function damaged(
  path: string,
  why: string,
  options?: ErrorOptions,
): StoreError {
  return new StoreError(
    "damaged",
    `the cluster's store "${path}" is damaged (${why}): put a copy in its place, or move it away to begin anew; members then have to join again`,
    options,
  );
}
