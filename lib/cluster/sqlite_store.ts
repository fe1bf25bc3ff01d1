import { getLogger } from "@logtape/logtape";
import type { DatabaseSync } from "node:sqlite";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { openSqliteFile, storeErrorOf } from "./sqlite_file.ts";
import { SqliteTables } from "./sqlite_tables.ts";
import type {
  PutOptions,
  Store,
  StoreEvent,
  StoreItem,
  WatchOptions,
} from "./store.ts";
import { StoreError } from "./store_error.ts";
import { checkKey, checkPut } from "./store_keys.ts";
import { StoreWatch } from "./store_watch.ts";

const logger = getLogger(["worker", "cluster"]);

/** Times to live are by the wall clock, which somebody may set: look again at least this often. */
const LONGEST_WAIT_MS = 60_000;

/** How {@linkcode SqliteStore.open} keeps its values. */
export interface SqliteStoreOptions {
  /** A test's own. @default the host's time */
  clock?: Clock;
  /** Changes that a watch can go back to. @default {10_000} */
  keepEvents?: number;
}

/**
 * A {@linkcode Store} in one SQLite file of this process's own: write-ahead log, every change one
 * transaction that is on the disk before it is told.
 */
export class SqliteStore implements Store, Disposable {
  readonly #tables: SqliteTables;
  readonly #clock: Clock;
  readonly #keepEvents: number;
  readonly #watches = new Map<StoreWatch, string>();
  #revision: number;
  #cancelSweep: () => void = () => {};

  private constructor(
    readonly path: string,
    readonly database: DatabaseSync,
    options: SqliteStoreOptions,
  ) {
    this.#tables = new SqliteTables(database);
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#keepEvents = options.keepEvents ?? 10_000;
    this.#revision = this.#tables.range().last;
    this.#sweepLater();
  }

  /**
   * Opens the file, made when missing (0600); its folder has to be there.
   *
   * @throws {StoreError} `in_use` when another process has it, `damaged`, `unavailable`
   */
  static open(path: string, options: SqliteStoreOptions = {}): SqliteStore {
    const database = openSqliteFile(path);
    try {
      return new SqliteStore(path, database, options);
    } catch (error) {
      database.close();
      throw storeErrorOf(error, path);
    }
  }

  get(key: string): Promise<StoreItem | null> {
    return this.#do(() => {
      checkKey(key);
      return this.#live(this.#tables.get(key));
    });
  }

  list(prefix: string): Promise<{ items: StoreItem[]; revision: number }> {
    return this.#do(() => {
      checkKey(prefix, "prefix");
      const items = this.#tables.list(prefix).filter((item) =>
        this.#live(item) !== null
      );
      return { items, revision: this.#revision };
    });
  }

  put(
    key: string,
    value: string,
    { expectedRevision, ttlMs }: PutOptions = {},
  ): Promise<StoreItem> {
    return this.#do(() => {
      checkPut(key, { value, ttlMs });
      const expiresAt = ttlMs === undefined
        ? null
        : Math.ceil(this.#clock.now() + ttlMs);
      return this.#change((next) => {
        this.#expect(key, expectedRevision);
        const item = { key, value, revision: next(key), expiresAt };
        this.#tables.put(item);
        return item;
      });
    });
  }

  remove(
    key: string,
    { expectedRevision }: Pick<PutOptions, "expectedRevision"> = {},
  ): Promise<boolean> {
    return this.#do(() => {
      checkKey(key);
      return this.#change((next) => {
        if (this.#expect(key, expectedRevision) === null) return false;
        this.#tables.remove(key, { revision: next(key), expired: false });
        return true;
      });
    });
  }

  watch(
    prefix: string,
    { since = this.#revision, signal }: WatchOptions = {},
  ): AsyncIterableIterator<StoreEvent> {
    this.#refuseClosed();
    checkKey(prefix, "prefix");
    const watch = new StoreWatch({
      read: (after, limit) =>
        this.#guard(() => this.#tables.events(prefix, { since: after, limit })),
      range: () => this.#guard(() => this.#tables.range()),
    }, since);
    return this.#follow(watch, prefix, signal);
  }

  /** Ends all watches and closes the file. */
  [Symbol.dispose](): void {
    if (!this.database.isOpen) return;
    this.#cancelSweep();
    for (const watch of this.#watches.keys()) watch.end(closed(this.path));
    this.database.close();
  }

  #follow(
    watch: StoreWatch,
    prefix: string,
    signal: AbortSignal | undefined,
  ): AsyncIterableIterator<StoreEvent> {
    this.#watches.set(watch, prefix);
    const end = () => watch.end(null);
    if (signal?.aborted) end();
    signal?.addEventListener("abort", end, { once: true });
    const forget = () => {
      this.#watches.delete(watch);
      signal?.removeEventListener("abort", end);
    };
    const events = watch.events();
    return {
      async next() {
        try {
          const result = await events.next();
          if (result.done) forget();
          return result;
        } catch (error) {
          forget();
          throw error;
        }
      },
      return() {
        forget();
        // A `next` that waits would keep the generator from returning.
        watch.end(null);
        return events.return();
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** One transaction, in which what is over goes first. Watches are told when it is on the disk. */
  #change<T>(task: (next: (key: string) => number) => T): T {
    const keys: string[] = [];
    const next = (key: string) => this.#revision + keys.push(key);
    this.database.exec("BEGIN IMMEDIATE");
    let result: T;
    try {
      for (const key of this.#tables.expired(this.#clock.now())) {
        this.#tables.remove(key, { revision: next(key), expired: true });
      }
      result = task(next);
      this.#tables.dropEvents(
        this.#revision + keys.length - this.#keepEvents,
      );
      this.database.exec("COMMIT");
    } catch (error) {
      if (this.database.isTransaction) this.database.exec("ROLLBACK");
      throw error;
    }
    for (const key of keys) this.#tell(++this.#revision, key);
    if (keys.length > 0) this.#sweepLater();
    return result;
  }

  #tell(revision: number, key: string): void {
    for (const [watch, prefix] of this.#watches) {
      watch.changed(revision, key.startsWith(prefix));
    }
  }

  #expect(key: string, revision: number | undefined): StoreItem | null {
    const item = this.#tables.get(key);
    const actual = item?.revision ?? 0;
    if (revision !== undefined && revision !== actual) {
      throw new StoreError(
        "conflict",
        `"${key}" was changed by somebody else: it is at revision ${actual}, not ${revision}; read it again`,
      );
    }
    return item;
  }

  #live(item: StoreItem | null): StoreItem | null {
    const over = item?.expiresAt != null &&
      item.expiresAt <= this.#clock.now();
    return over ? null : item;
  }

  #sweepLater(): void {
    this.#cancelSweep();
    const next = this.#tables.nextExpiry();
    if (next === null) {
      this.#cancelSweep = () => {};
      return;
    }
    const wait = Math.max(0, next - this.#clock.now());
    this.#armSweep(Math.min(wait, LONGEST_WAIT_MS));
  }

  #armSweep(ms: number): void {
    this.#cancelSweep = this.#clock.after(ms, () => {
      try {
        this.#change(() => {});
        this.#sweepLater();
      } catch (error) {
        logger.error`what is over stays in the store "${this.path}" for now: ${
          (error as Error).message
        }`;
        this.#armSweep(LONGEST_WAIT_MS);
      }
    });
  }

  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async #do<T>(task: () => T): Promise<T> {
    this.#refuseClosed();
    return this.#guard(task);
  }

  #guard<T>(task: () => T): T {
    try {
      return task();
    } catch (error) {
      throw storeErrorOf(error, this.path);
    }
  }

  #refuseClosed(): void {
    if (!this.database.isOpen) throw closed(this.path);
  }
}

function closed(path: string): StoreError {
  return new StoreError("closed", `the cluster's store "${path}" was closed`);
}
