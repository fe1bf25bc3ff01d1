import { deepEqual, equal } from "node:assert/strict";
import { ChangeFeed } from "../lib/change_feed.ts";

interface Change {
  name: string | null;
  value: number;
}

Deno.test("ChangeFeed tells a watcher what is there, and of what changes meanwhile the last only", async () => {
  const feed = new ChangeFeed<Change>(({ name }) => name);
  const stop = new AbortController();
  const { signal } = stop;
  const watch = feed.watch({
    initial: () => [{ name: "a", value: 1 }, { name: null, value: 0 }],
    signal,
  });
  const next = async () => (await watch.next()).value;
  deepEqual(await next(), { name: "a", value: 1 });
  feed.tell({ name: "b", value: 1 });
  for (let value = 2; value < 1000; value++) feed.tell({ name: "a", value });
  deepEqual([await next(), await next(), await next()], [
    { name: null, value: 0 },
    { name: "b", value: 1 },
    { name: "a", value: 999 },
  ]);
  const waiting = next();
  feed.tell({ name: "c", value: 7 });
  deepEqual(await waiting, { name: "c", value: 7 });
  const last = next();
  stop.abort();
  equal(await last, undefined);
});

Deno.test("ChangeFeed.subscribe() is told each change until it is disposed", () => {
  const feed = new ChangeFeed<Change>(({ name }) => name);
  const told: number[] = [];
  {
    using _ = feed.subscribe(({ value }) => told.push(value));
    feed.tell({ name: "a", value: 1 });
    feed.tell({ name: "a", value: 2 });
  }
  feed.tell({ name: "a", value: 3 });
  deepEqual(told, [1, 2]);
});
