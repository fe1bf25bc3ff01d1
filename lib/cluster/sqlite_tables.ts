import type { DatabaseSync } from "node:sqlite";
import type { StoreEvent, StoreItem } from "./store.ts";
import { endOf } from "./store_keys.ts";

/** The statements of a store's database, prepared once. Each is one call; no one waits. */
export class SqliteTables {
  readonly #get;
  readonly #list;
  readonly #put;
  readonly #remove;
  readonly #addEvent;
  readonly #dropEvents;
  readonly #events;
  readonly #range;
  readonly #expired;
  readonly #nextExpiry;

  constructor(database: DatabaseSync) {
    const columns = "key, value, revision, expires_at AS expiresAt";
    this.#get = database.prepare(`SELECT ${columns} FROM items WHERE key = ?`);
    this.#list = database.prepare(
      `SELECT ${columns} FROM items WHERE key >= ? AND key < ? ORDER BY key`,
    );
    this.#put = database.prepare(
      "INSERT OR REPLACE INTO items (key, value, revision, expires_at) VALUES (?, ?, ?, ?)",
    );
    this.#remove = database.prepare("DELETE FROM items WHERE key = ?");
    this.#addEvent = database.prepare(
      "INSERT INTO events (revision, key, type, value, expires_at) VALUES (?, ?, ?, ?, ?)",
    );
    this.#dropEvents = database.prepare(
      "DELETE FROM events WHERE revision <= ?",
    );
    this.#events = database.prepare(
      "SELECT revision, key, type, value, expires_at AS expiresAt FROM events WHERE revision > ? AND key >= ? AND key < ? ORDER BY revision LIMIT ?",
    );
    this.#range = database.prepare(
      "SELECT MIN(revision) AS first, MAX(revision) AS last FROM events",
    );
    this.#expired = database.prepare(
      "SELECT key FROM items WHERE expires_at <= ? ORDER BY expires_at, key",
    );
    this.#nextExpiry = database.prepare(
      "SELECT MIN(expires_at) AS at FROM items WHERE expires_at IS NOT NULL",
    );
  }

  get(key: string): StoreItem | null {
    const row = this.#get.get(key);
    return row === undefined ? null : { ...row } as unknown as StoreItem;
  }

  list(prefix: string): StoreItem[] {
    return this.#list.all(prefix, endOf(prefix)).map((row) =>
      ({ ...row }) as unknown as StoreItem
    );
  }

  put({ key, value, revision, expiresAt }: StoreItem): void {
    this.#put.run(key, value, revision, expiresAt);
    this.#addEvent.run(revision, key, "put", value, expiresAt);
  }

  remove(key: string, options: { revision: number; expired: boolean }): void {
    this.#remove.run(key);
    const type = options.expired ? "expired" : "removed";
    this.#addEvent.run(options.revision, key, type, null, null);
  }

  /** Forgets changes up to and with this revision. */
  dropEvents(revision: number): void {
    this.#dropEvents.run(revision);
  }

  /** Changes after `since`, oldest first, at most `limit`. */
  events(
    prefix: string,
    { since, limit }: { since: number; limit: number },
  ): StoreEvent[] {
    return this.#events.all(since, prefix, endOf(prefix), limit).map((row) => {
      const { revision, key, type, value, expiresAt } = row as unknown as
        & StoreItem
        & { type: string };
      return type === "put"
        ? {
          type,
          key,
          revision,
          item: { key, value, revision, expiresAt },
        }
        : { type: "removed", key, revision, expired: type === "expired" };
    });
  }

  /** The first and the last revision whose change is still known; both 0 in a new store. */
  range(): { first: number; last: number } {
    const { first, last } = this.#range.get()!;
    return { first: Number(first ?? 0), last: Number(last ?? 0) };
  }

  /** Keys whose time is over at `now`, in the order in which it was. */
  expired(now: number): string[] {
    return this.#expired.all(now).map(({ key }) => String(key));
  }

  /** When the next value goes, ms since the epoch; null when none does. */
  nextExpiry(): number | null {
    const at = this.#nextExpiry.get()?.at;
    return at === null || at === undefined ? null : Number(at);
  }
}
