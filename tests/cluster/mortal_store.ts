/** Writes to a store and prints the revision of each write, until it is killed. */
import { SqliteStore } from "../../lib/cluster/sqlite_store.ts";

const store = SqliteStore.open(Deno.args[0]!);
for (let n = 1;; n++) {
  const { revision } = await store.put(`n/${n}`, String(n));
  console.log(revision);
}
