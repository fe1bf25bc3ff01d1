import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { join } from "node:path";
import { SqliteStore } from "../../lib/cluster/sqlite_store.ts";
import { ScratchStore } from "./scratch_store.ts";

Deno.test("put() gives every change a revision of its own when keys differ", async () => {
  using scratch = new ScratchStore();
  const { store } = scratch;
  const a = await store.put("a/1", "one");
  const b = await store.put("a/2", "two");
  deepEqual(a, { key: "a/1", value: "one", revision: 1, expiresAt: null });
  equal(b.revision, 2);
  deepEqual(await store.get("a/1"), a);
  deepEqual(await store.list("a/"), { items: [a, b], revision: 2 });
  equal(await store.get("a"), null);
});

Deno.test("list() gives keys that begin with the prefix and no others", async () => {
  using scratch = new ScratchStore();
  const { store } = scratch;
  for (const key of ["n/a", "n/~", "n", "n0", "m/a", "n/A"]) {
    await store.put(key, key);
  }
  const keys = async (prefix: string) =>
    (await store.list(prefix)).items.map(({ key }) => key);
  deepEqual(await keys("n/"), ["n/A", "n/a", "n/~"]);
  equal((await keys("")).length, 6);
});

Deno.test("put() refuses with a conflict when the revision is another", async () => {
  using scratch = new ScratchStore();
  const { store } = scratch;
  const first = await store.put("k", "1", { expectedRevision: 0 });
  const conflict = { name: "StoreError", code: "conflict", message: /"k"/ };
  await rejects(store.put("k", "2", { expectedRevision: 0 }), conflict);
  await rejects(store.put("k", "2", { expectedRevision: 7 }), conflict);
  await rejects(store.remove("k", { expectedRevision: 7 }), conflict);
  await store.put("k", "2", { expectedRevision: first.revision });
  equal((await store.get("k"))?.value, "2");
});

Deno.test("put() lets one win when many try at once", async () => {
  using scratch = new ScratchStore();
  const tries = await Promise.allSettled(
    Array.from(
      { length: 20 },
      (_, i) => scratch.store.put("token", String(i), { expectedRevision: 0 }),
    ),
  );
  equal(tries.filter(({ status }) => status === "fulfilled").length, 1);
});

Deno.test("a value with a time to live goes at that time, and watchers are told", async () => {
  using scratch = new ScratchStore();
  const { store, clock } = scratch;
  await store.put("lease", "x", { ttlMs: 5_000 });
  const events = store.watch("");
  clock.pass(4_999);
  equal((await store.get("lease"))?.value, "x");
  clock.pass(1);
  equal(await store.get("lease"), null);
  deepEqual((await events.next()).value, {
    type: "removed",
    key: "lease",
    revision: 2,
    expired: true,
  });
  await events.return?.();
  equal(clock.armed, 0);
});

Deno.test("a value that was renewed stays when its first time is over", async () => {
  using scratch = new ScratchStore();
  const { store, clock } = scratch;
  await store.put("lease", "1", { ttlMs: 5_000 });
  clock.pass(3_000);
  await store.put("lease", "2", { ttlMs: 5_000 });
  clock.pass(3_000);
  equal((await store.get("lease"))?.value, "2");
});

Deno.test("a value goes on time when the store was closed meanwhile", async () => {
  using scratch = new ScratchStore();
  await scratch.store.put("lease", "1", { ttlMs: 5_000 });
  scratch.store[Symbol.dispose]();
  scratch.clock.pass(10_000);
  scratch.reopen();
  equal(await scratch.store.get("lease"), null);
  const again = await scratch.store.put("lease", "2", { expectedRevision: 0 });
  equal(again.revision, 3);
});

Deno.test("a value goes when somebody sets the wall clock forward", async () => {
  using scratch = new ScratchStore();
  const { store, clock } = scratch;
  await store.put("lease", "1", { ttlMs: 3_600_000 });
  const events = store.watch("");
  clock.setWall(clock.now() + 3_600_000);
  equal(await store.get("lease"), null);
  clock.pass(60_000);
  equal((await events.next()).value?.type, "removed");
  await events.return?.();
});

Deno.test("put() refuses keys, values and times that can't be kept", async () => {
  using scratch = new ScratchStore();
  const { store } = scratch;
  const invalid = { code: "invalid" };
  await rejects(store.put("", "x"), invalid);
  await rejects(store.put("with space", "x"), { message: /"with space"/ });
  await rejects(store.put("ü", "x"), invalid);
  await rejects(store.put("k".repeat(513), "x"), invalid);
  await rejects(store.put("k", "x".repeat(2 ** 20 + 1)), invalid);
  await rejects(store.put("k", "x", { ttlMs: 0 }), invalid);
  await rejects(store.put("k", "x", { ttlMs: NaN }), invalid);
  equal((await store.list("")).revision, 0);
});

Deno.test("open() keeps the file and what is beside it to their owner", () => {
  using scratch = new ScratchStore();
  for (const { name } of Deno.readDirSync(scratch.directory)) {
    const { mode } = Deno.statSync(join(scratch.directory, name));
    equal(mode! & 0o777, 0o600, name);
  }
});

Deno.test("open() says who has the store when another has it", () => {
  using scratch = new ScratchStore();
  throws(() => SqliteStore.open(scratch.path), {
    code: "in_use",
    message: /open in another process/,
  });
});

Deno.test("open() says that the store is damaged when it holds something else", async () => {
  using scratch = new ScratchStore();
  scratch.store[Symbol.dispose]();
  await Deno.writeTextFile(scratch.path, "x".repeat(9_000));
  throws(() => SqliteStore.open(scratch.path), {
    code: "damaged",
    message: /join again/,
  });
});

Deno.test("open() says that the store is damaged when pages of it are overwritten", async () => {
  using scratch = new ScratchStore();
  for (let i = 0; i < 200; i++) {
    await scratch.store.put(`k/${i}`, "x".repeat(500));
  }
  scratch.store[Symbol.dispose]();
  const bytes = await Deno.readFile(scratch.path);
  bytes.fill(0xa5, 4096 * 2, 4096 * 12);
  await Deno.writeFile(scratch.path, bytes);
  throws(() => SqliteStore.open(scratch.path), { code: "damaged" });
});

Deno.test("open() refuses a store of a layout to come", () => {
  using scratch = new ScratchStore();
  scratch.store.database.exec("PRAGMA user_version = 99");
  scratch.store[Symbol.dispose]();
  throws(() => SqliteStore.open(scratch.path), { message: /layout 99/ });
});

Deno.test("a closed store refuses everything, and its watches end", async () => {
  using scratch = new ScratchStore();
  const { store } = scratch;
  const waiting = store.watch("").next();
  store[Symbol.dispose]();
  store[Symbol.dispose]();
  const closed = { code: "closed" };
  await rejects(waiting, closed);
  await rejects(store.get("k"), closed);
  await rejects(store.put("k", "x"), closed);
  throws(() => store.watch(""), closed);
});

Deno.test("what put() told is there when the process is killed and another opens the store", async () => {
  using scratch = new ScratchStore();
  scratch.store[Symbol.dispose]();
  const program = new URL("mortal_store.ts", import.meta.url).pathname;
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", program, scratch.path],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  let text = "";
  for await (const chunk of lines) {
    text += chunk;
    if (text.split("\n").length > 200) break;
  }
  throws(() => SqliteStore.open(scratch.path), { code: "in_use" });
  child.kill("SIGKILL");
  await child.status;
  const told = Number(text.split("\n").at(-2));
  scratch.reopen();
  const { items, revision } = await scratch.store.list("n/");
  ok(revision >= told, `${revision} < ${told}`);
  equal(items.length, revision);
  deepEqual(
    items.map(({ value }) => Number(value)).sort((a, b) => a - b),
    Array.from({ length: revision }, (_, i) => i + 1),
  );
});
