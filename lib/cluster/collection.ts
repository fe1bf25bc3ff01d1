import * as z from "zod";
import type { PutOptions, Store } from "./store.ts";
import { StoreError } from "./store_error.ts";

/** A record with the revision that it has in the store. */
export interface Stored<T> {
  value: T;
  revision: number;
}

/** Records of one kind below one prefix of a store, as JSON that a schema has to agree with. */
export class Collection<T> {
  constructor(
    readonly store: Store,
    /** Ends with a slash. */
    readonly prefix: string,
    readonly schema: z.ZodType<T>,
  ) {}

  /** The record; null when there is none. */
  async get(id: string): Promise<Stored<T> | null> {
    const item = await this.store.get(this.prefix + id);
    return item && { value: this.#read(item), revision: item.revision };
  }

  /** All records, in the order of their ids. */
  async list(): Promise<Stored<T>[]> {
    const { items } = await this.store.list(this.prefix);
    return items.map((item) => ({
      value: this.#read(item),
      revision: item.revision,
    }));
  }

  /** @throws {StoreError} `conflict` */
  async put(id: string, value: T, options?: PutOptions): Promise<void> {
    await this.store.put(this.prefix + id, JSON.stringify(value), options);
  }

  /** False when there is none. @throws {StoreError} `conflict` */
  remove(
    id: string,
    options?: Pick<PutOptions, "expectedRevision">,
  ): Promise<boolean> {
    return this.store.remove(this.prefix + id, options);
  }

  /**
   * Changes a record, again when somebody else changed it meanwhile. `change` gets null when there
   * is none; what it throws ends it, and null leaves all as it is.
   */
  async update(
    id: string,
    change: (value: T | null) => T | null,
    ttlMs?: (value: T) => number,
  ): Promise<T | null> {
    while (true) {
      const stored = await this.get(id);
      const value = change(stored?.value ?? null);
      if (value === null) return null;
      try {
        await this.put(id, value, {
          expectedRevision: stored?.revision ?? 0,
          ...ttlMs && { ttlMs: ttlMs(value) },
        });
        return value;
      } catch (error) {
        const lost = error instanceof StoreError && error.code === "conflict";
        if (!lost) throw error;
      }
    }
  }

  #read({ key, value }: { key: string; value: string }): T {
    try {
      return this.schema.parse(JSON.parse(value));
    } catch (cause) {
      throw new StoreError(
        "damaged",
        `"${key}" of the cluster's store is not what this program writes there: was it written by a newer one?`,
        { cause },
      );
    }
  }
}
