import { equal, match } from "node:assert/strict";
import { join } from "node:path";
import { watchFiles } from "../../../certs/mod.ts";
import { openStore } from "../../../lib/daemon/cluster/open_store.ts";

/** Reads the store as an administrator's tool would. */
const READ = `
  import { DatabaseSync } from "node:sqlite";
  new DatabaseSync(Deno.args[0]).prepare("SELECT count(*) FROM items").get();
`;

async function readElsewhere(path: string): Promise<string> {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--ext=ts", READ, path],
  }).output();
  return new TextDecoder().decode(stderr);
}

/** Every file in a directory, its folders included. */
async function* filesIn(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

Deno.test("openStore() keeps other processes out also while the state directory is watched", async () => {
  const stateDir = await Deno.makeTempDir({ prefix: "worker-store-" });
  const controller = new AbortController();
  const { signal } = controller;
  const told = Promise.withResolvers<void>();
  const watching = watchFiles(stateDir, ["server.crt"], () => told.resolve(), {
    signal,
    debounce: 0,
  });
  try {
    using store = await openStore(stateDir, { signal });
    await store.put("members/node/web-1", "{}");
    // Events come in order: what the watcher did about the store is done when this one is told.
    await Deno.writeTextFile(join(stateDir, "server.crt"), "new");
    await told.promise;
    const files = await Array.fromAsync(filesIn(stateDir));
    const path = files.find((file) => file.endsWith("/cluster.db"))!;
    match(await readElsewhere(path), /database is locked/);
    equal((await store.list("members/")).items.length, 1);
    const { mode } = await Deno.stat(path);
    equal(mode! & 0o777, 0o600);
  } finally {
    controller.abort();
    await watching;
    await Deno.remove(stateDir, { recursive: true });
  }
});
