import { deepEqual, equal, rejects } from "node:assert/strict";
import type { StoreEvent } from "../../lib/cluster/store.ts";
import { Random } from "../faults/random.ts";
import { ScratchStore } from "./scratch_store.ts";

Deno.test("watch() tells what changed since a revision and goes on when more comes", async () => {
  using scratch = new ScratchStore();
  const { store } = scratch;
  await store.put("a/1", "old");
  const { revision } = await store.list("a/");
  await store.put("a/2", "before");
  await store.put("b/1", "other");
  const events = store.watch("a/", { since: revision });
  const brief = async () => {
    const { value } = await events.next();
    return `${value?.revision} ${value?.type} ${value?.key}`;
  };
  equal(await brief(), "2 put a/2");
  const next = brief();
  await store.put("b/2", "other");
  await store.remove("a/1");
  equal(await next, "5 removed a/1");
  await events.return?.();
});

Deno.test("watch() is in force when it returns", async () => {
  using scratch = new ScratchStore();
  const events = scratch.store.watch("");
  await scratch.store.put("k", "v");
  equal((await events.next()).value?.key, "k");
  await events.return?.();
});

Deno.test("watch() ends quietly when its signal is aborted", async () => {
  using scratch = new ScratchStore();
  const stop = new AbortController();
  const waiting = scratch.store.watch("", { signal: stop.signal }).next();
  stop.abort();
  equal((await waiting).done, true);
  const late = scratch.store.watch("", { signal: stop.signal });
  equal((await late.next()).done, true);
});

Deno.test("watch() says to start over when a watcher falls too far behind", async () => {
  using scratch = new ScratchStore({ keepEvents: 5 });
  const { store } = scratch;
  await store.put("k", "0");
  const slow = store.watch("", { since: 0 });
  const current = store.watch("");
  for (let i = 1; i <= 5; i++) await store.put("k", String(i));
  await rejects(slow.next(), { code: "compacted", message: /list again/ });
  equal((await current.next()).value?.revision, 2);
  await current.return?.();
});

Deno.test("watch() does not fall behind by changes that do not concern it", async () => {
  using scratch = new ScratchStore({ keepEvents: 5 });
  const { store } = scratch;
  const events = store.watch("a/");
  const next = events.next();
  await Promise.resolve();
  for (let i = 0; i < 20; i++) await store.put("b/1", String(i));
  await store.put("a/1", "at last");
  equal((await next).value?.revision, 21);
  await events.return?.();
});

Deno.test("watch() says to start over when the revision is one that was never told", async () => {
  using scratch = new ScratchStore();
  await rejects(scratch.store.watch("", { since: 9 }).next(), {
    code: "compacted",
  });
});

Deno.test("watch() goes back to before a restart", async () => {
  using scratch = new ScratchStore();
  await scratch.store.put("k", "1");
  await scratch.store.put("k", "2");
  scratch.reopen();
  const events = scratch.store.watch("", { since: 1 });
  equal((await events.next()).value?.revision, 2);
  await events.return?.();
});

/** A store as simple as it can be: what is there, and all that ever changed. */
class Model {
  readonly items = new Map<
    string,
    { value: string; revision: number; expiresAt: number | null }
  >();
  readonly events: string[] = [];
  revision = 0;

  sweep(now: number): void {
    const over = [...this.items].filter(([, { expiresAt }]) =>
      expiresAt !== null && expiresAt <= now
    ).sort(([a, { expiresAt: x }], [b, { expiresAt: y }]) =>
      x! - y! || (a < b ? -1 : 1)
    );
    for (const [key] of over) this.remove(key, "expired");
  }

  put(key: string, value: string, expiresAt: number | null): void {
    this.items.set(key, { value, revision: ++this.revision, expiresAt });
    this.events.push(`${this.revision} put ${key} ${value}`);
  }

  remove(key: string, how: string): void {
    this.items.delete(key);
    this.events.push(`${++this.revision} ${how} ${key}`);
  }
}

function describe(event: StoreEvent): string {
  return event.type === "put"
    ? `${event.revision} put ${event.key} ${event.item.value}`
    : `${event.revision} ${event.expired ? "expired" : "removed"} ${event.key}`;
}

Deno.test("SqliteStore does what a simple model does when operations are random", async () => {
  for (let seed = 1; seed <= 25; seed++) {
    await compareWithModel(new Random(seed), `seed ${seed}`);
  }
});

async function compareWithModel(random: Random, seed: string): Promise<void> {
  using scratch = new ScratchStore();
  const { clock } = scratch;
  const model = new Model();
  let read = 0;
  let events = scratch.store.watch("", { since: 0 });
  const readSome = async () => {
    for (let i = random.int(1, 8); i > 0 && read < model.events.length; i--) {
      const { value } = await events.next();
      equal(describe(value as StoreEvent), model.events[read++], seed);
    }
  };
  for (let step = 0; step < 60; step++) {
    const key = `k/${random.int(0, 4)}`;
    const known = model.items.get(key);
    const expectedRevision = random.pick([
      undefined,
      0,
      known?.revision ?? 0,
      random.int(0, model.revision + 1),
    ]);
    const fits = expectedRevision === undefined ||
      expectedRevision === (known?.revision ?? 0);
    const options = expectedRevision === undefined ? {} : { expectedRevision };
    switch (random.int(0, 5)) {
      case 0:
      case 1: {
        const ttlMs = random.pick([null, 10, 100, 1_000]);
        const put = scratch.store.put(key, `v${step}`, {
          ...options,
          ...ttlMs === null ? {} : { ttlMs },
        });
        if (!fits) await rejects(put, { code: "conflict" }, seed);
        else {
          model.put(
            key,
            `v${step}`,
            ttlMs === null ? null : clock.now() + ttlMs,
          );
          equal((await put).revision, model.revision, seed);
        }
        break;
      }
      case 2: {
        const remove = scratch.store.remove(key, options);
        if (!fits) await rejects(remove, { code: "conflict" }, seed);
        else {
          equal(await remove, known !== undefined, seed);
          if (known) model.remove(key, "removed");
        }
        break;
      }
      case 3: {
        const end = clock.now() + random.int(0, 300);
        while (clock.now() < end) {
          clock.pass(1);
          model.sweep(clock.now());
        }
        break;
      }
      case 4:
        await readSome();
        break;
      case 5:
        if (random.int(0, 3) > 0) break;
        scratch.reopen();
        events = scratch.store.watch("", {
          since: Number(model.events[read - 1]?.split(" ")[0] ?? 0),
        });
    }
    const { items, revision } = await scratch.store.list("k/");
    equal(revision, model.revision, seed);
    deepEqual(
      items.map(({ key, ...item }) => [key, item]),
      [...model.items].sort(([a], [b]) => a < b ? -1 : 1),
      seed,
    );
  }
  while (read < model.events.length) await readSome();
  await events.return?.();
}
