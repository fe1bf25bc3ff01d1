/** One value of a {@linkcode Store}, as it stands at its revision. */
export interface StoreItem {
  key: string;
  /** Text, in practice JSON. */
  value: string;
  /** Of the change that made it what it is; for `expectedRevision`. */
  revision: number;
  /** When it goes by itself, ms since the epoch; null when it does not. */
  expiresAt: number | null;
}

/** One change of a {@linkcode Store}. Each has a revision of its own, one more than the last. */
export type StoreEvent =
  | { type: "put"; key: string; revision: number; item: StoreItem }
  | {
    type: "removed";
    key: string;
    revision: number;
    /** Nobody removed it: its time had come. */
    expired: boolean;
  };

/** How to put a value. */
export interface PutOptions {
  /** The revision it must be at; 0: it must not be there. @default whatever is there is replaced */
  expectedRevision?: number;
  /** Milliseconds until it goes by itself. @default it stays */
  ttlMs?: number;
}

/** What to watch from. */
export interface WatchOptions {
  /** Only what changed after this revision. @default the revision at the call */
  since?: number;
  /** Ends the watch, without an error. */
  signal?: AbortSignal;
}

/**
 * What a cluster knows, by key: text with a revision, compare-and-set, time to live and watches.
 * Keys are printable ASCII without spaces; a prefix is any beginning of a key.
 *
 * Revisions are those of the whole store and only ever rise. To follow a prefix: `list` it, then
 * `watch` it since the revision of the answer; nothing is missed and nothing is told twice. Who
 * falls too far behind is told so, by a {@linkcode StoreError} `compacted`, and lists again.
 *
 * Every method throws a `StoreError`: `closed` after the end, `unavailable` when the medium
 * refuses.
 */
export interface Store {
  /** The value; null when there is none, or its time is over. */
  get(key: string): Promise<StoreItem | null>;
  /** All whose key begins so, in the order of their keys, and the revision they were read at. */
  list(prefix: string): Promise<{ items: StoreItem[]; revision: number }>;
  /** Puts a value; it is on the disk when this resolves. @throws {StoreError} `conflict` */
  put(key: string, value: string, options?: PutOptions): Promise<StoreItem>;
  /** False when it was not there. @throws {StoreError} `conflict` */
  remove(
    key: string,
    options?: Pick<PutOptions, "expectedRevision">,
  ): Promise<boolean>;
  /** Changes of all whose key begins so, in order. In force when it returns. */
  watch(
    prefix: string,
    options?: WatchOptions,
  ): AsyncIterableIterator<StoreEvent>;
}
