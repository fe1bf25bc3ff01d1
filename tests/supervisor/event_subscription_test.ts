import { deepStrictEqual } from "node:assert/strict";
import { EventBus } from "../../lib/supervisor/mod.ts";
import type { TestEvents } from "./fixture.ts";

const OVER = { done: true, value: undefined };

Deno.test("subscribe() gives a late one the latest of each name first, then what comes", async () => {
  const bus = new EventBus<TestEvents>();
  bus.broadcast("Door", { open: true });
  bus.broadcast("Light", {});
  bus.broadcast("Door", { open: false });
  bus.broadcast("Ready", { by: "nobody asked" });
  using events = bus.subscribe(["Door", "Light"]);
  deepStrictEqual(await take(events, 2), [
    { name: "Light", payload: {} },
    { name: "Door", payload: { open: false } },
  ]);
  const next = events.next();
  bus.broadcast("Ready", { by: "nobody asked" });
  bus.broadcast("Door", { open: true });
  deepStrictEqual(await next, {
    done: false,
    value: { name: "Door", payload: { open: true } },
  });
});

Deno.test("subscribe() takes one name as well", async () => {
  const bus = new EventBus<TestEvents>();
  using events = bus.subscribe("Door");
  bus.broadcast("Door", { open: true });
  deepStrictEqual(await take(events, 1), [
    { name: "Door", payload: { open: true } },
  ]);
});

Deno.test("subscribe() keeps only the latest of each name for a slow reader", async () => {
  const bus = new EventBus<TestEvents>();
  using events = bus.subscribe(["Door", "Light"]);
  for (let times = 0; times < 1_001; times++) {
    bus.broadcast("Door", { open: times % 2 === 0 });
    if (times === 500) bus.broadcast("Light", {});
  }
  deepStrictEqual(await take(events, 2), [
    { name: "Light", payload: {} },
    { name: "Door", payload: { open: true } },
  ]);
});

Deno.test("subscribe() serves several reads in the order in which they wait", async () => {
  const bus = new EventBus<TestEvents>();
  using events = bus.subscribe("Door");
  const reads = [events.next(), events.next()];
  bus.broadcast("Door", { open: true });
  bus.broadcast("Door", { open: false });
  deepStrictEqual(
    (await Promise.all(reads)).map(({ value }) => value?.payload.open),
    [true, false],
  );
});

Deno.test("subscribe() ends reads that wait when it is disposed", async () => {
  const bus = new EventBus<TestEvents>();
  const events = bus.subscribe("Door");
  const reads = [events.next(), events.next()];
  events[Symbol.dispose]();
  deepStrictEqual(await Promise.all(reads), [OVER, OVER]);
  bus.broadcast("Door", { open: true });
  deepStrictEqual(await events.next(), OVER);
});

Deno.test("subscribe() ends when its loop is left", async () => {
  const bus = new EventBus<TestEvents>();
  const events = bus.subscribe("Door");
  bus.broadcast("Door", { open: true });
  for await (const { payload } of events) {
    deepStrictEqual(payload, { open: true });
    break;
  }
  bus.broadcast("Door", { open: false });
  deepStrictEqual(await events.next(), OVER);
});

Deno.test("subscribe() ends without an error when its signal aborts, or has aborted", async () => {
  const bus = new EventBus<TestEvents>();
  bus.broadcast("Door", { open: true });
  const stop = new AbortController();
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const { payload } of bus.subscribe("Door", stop)) {
      seen.push(payload);
      stop.abort();
    }
  })();
  await reading;
  deepStrictEqual(seen, [{ open: true }]);
  deepStrictEqual(await bus.subscribe("Door", stop).next(), OVER);
});

async function take<T>(events: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = await events.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
