import { join } from "node:path";
import { SqliteStore } from "../../lib/cluster/sqlite_store.ts";
import { FakeClock } from "../helpers/fake_clock.ts";

/** A store in a folder of its own, on a clock that the test turns. */
export class ScratchStore implements Disposable {
  readonly clock = new FakeClock();
  readonly directory = Deno.makeTempDirSync({ prefix: "worker-store-" });
  readonly path = join(this.directory, "cluster.db");
  store: SqliteStore;

  constructor(readonly options: { keepEvents?: number } = {}) {
    this.store = this.#open();
  }

  /** Closes the store and opens it again. */
  reopen(): void {
    this.store[Symbol.dispose]();
    this.store = this.#open();
  }

  [Symbol.dispose](): void {
    this.store[Symbol.dispose]();
    Deno.removeSync(this.directory, { recursive: true });
  }

  #open(): SqliteStore {
    return SqliteStore.open(this.path, { ...this.options, clock: this.clock });
  }
}
