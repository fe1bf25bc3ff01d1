import type { StoreEvent } from "./store.ts";
import { StoreError } from "./store_error.ts";

/** Changes are read a page at a time, so that a watcher costs the same however slow it is. */
const PAGE = 256;

/** What a watch reads from. */
export interface WatchSource {
  /** Changes after a revision, oldest first, at most `limit`. */
  read(since: number, limit: number): StoreEvent[];
  /** The first and the last revision whose change is still known. */
  range(): { first: number; last: number };
}

/**
 * One watch: a place in the list of changes, not a queue of them. What a slow reader has not taken
 * waits in the store, and is gone from there when it takes too long.
 */
export class StoreWatch {
  #at: number;
  #waiting: PromiseWithResolvers<void> | null = null;
  #end: { error: StoreError | null } | null = null;

  constructor(readonly source: WatchSource, since: number) {
    this.#at = since;
  }

  /** Something changed at that revision; `relevant` when its key begins as this watch wants it. */
  changed(revision: number, relevant: boolean): void {
    if (relevant) this.#waiting?.resolve();
    // Who has read all that concerns it does not fall behind by what does not.
    else if (this.#waiting && this.#at === revision - 1) this.#at = revision;
  }

  /** Ends it: quietly, or with that error. */
  end(error: StoreError | null): void {
    this.#end ??= { error };
    this.#waiting?.resolve();
  }

  /** The changes, until it is ended. @throws {StoreError} `compacted`, or what it was ended with */
  async *events(): AsyncGenerator<StoreEvent, void, void> {
    while (true) {
      const page = this.#end ? [] : this.#read();
      for (const event of page) {
        if (this.#end) break;
        yield event;
      }
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return;
      if (page.length > 0) continue;
      this.#waiting = Promise.withResolvers();
      await this.#waiting.promise;
      this.#waiting = null;
    }
  }

  #read(): StoreEvent[] {
    this.#refuseGap();
    const page = this.source.read(this.#at, PAGE);
    this.#at = page.length === PAGE
      ? page.at(-1)!.revision
      : this.source.range().last;
    return page;
  }

  #refuseGap(): void {
    const { first, last } = this.source.range();
    // More than there is: the store is not the one that told this revision.
    if (this.#at >= first - 1 && this.#at <= last) return;
    throw new StoreError(
      "compacted",
      `changes after revision ${this.#at} are not all known, those of ${first} to ${last} are: list again, and watch from there`,
    );
  }
}
