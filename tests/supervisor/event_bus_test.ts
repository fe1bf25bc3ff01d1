import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { EventBus } from "../../lib/supervisor/mod.ts";
import type { TestEvents } from "./fixture.ts";

Deno.test("waitFor() gives the next event when there was none", async () => {
  const bus = new EventBus<TestEvents>();
  const waiting = [bus.waitFor("Door"), bus.waitFor("Door")];
  bus.broadcast("Light", {});
  bus.broadcast("Door", { open: true });
  bus.broadcast("Door", { open: false });
  deepStrictEqual(await Promise.all(waiting), [{ open: true }, { open: true }]);
});

Deno.test("waitFor() gives the latest event at once when there was one", async () => {
  const bus = new EventBus<TestEvents>();
  bus.broadcast("Door", { open: true });
  bus.broadcast("Door", { open: false });
  deepStrictEqual(await bus.waitFor("Door"), { open: false });
  deepStrictEqual(bus.latest("Door"), { open: false });
  strictEqual(bus.latest("Ready"), undefined);
});

Deno.test("waitFor() rejects with the signal's reason when it aborts, before or while it waits", async () => {
  const bus = new EventBus<TestEvents>();
  const reason = new Error("enough");
  bus.broadcast("Light", {});
  const aborted = { signal: AbortSignal.abort(reason) };
  await rejects(bus.waitFor("Light", aborted), reason);
  const stop = new AbortController();
  const waiting = bus.waitFor("Door", stop);
  stop.abort(reason);
  await rejects(waiting, reason);
});

Deno.test("waitFor() leaves no listener behind on its signal, however it ends", async () => {
  const bus = new EventBus<TestEvents>();
  const signal = new CountingSignal();
  const waiting = bus.waitFor("Door", { signal: signal.signal });
  strictEqual(signal.listeners, 1);
  bus.broadcast("Door", { open: true });
  await waiting;
  strictEqual(signal.listeners, 0);
  const other = bus.waitFor("Ready", { signal: signal.signal });
  signal.abort();
  await rejects(other);
  strictEqual(signal.listeners, 0);
});

Deno.test("subscribe() leaves no listener behind on its signal when it is disposed", () => {
  const bus = new EventBus<TestEvents>();
  const signal = new CountingSignal();
  {
    using _events = bus.subscribe("Door", { signal: signal.signal });
    strictEqual(signal.listeners, 1);
  }
  strictEqual(signal.listeners, 0);
});

Deno.test("map() broadcasts once when all were seen, in any order, also before it was made", () => {
  const bus = new EventBus<TestEvents>();
  let made = 0;
  bus.broadcast("Light", {});
  bus.map({
    in: ["Door", "Light"],
    out: "Ready",
    payload: () => ({ by: `mapping ${++made}` }),
  });
  strictEqual(bus.latest("Ready"), undefined);
  bus.broadcast("Door", { open: true });
  deepStrictEqual(bus.latest("Ready"), { by: "mapping 1" });
  bus.broadcast("Light", {});
  bus.broadcast("Door", { open: false });
  strictEqual(made, 1);
});

Deno.test("map() broadcasts at once when nothing is missing", () => {
  const bus = new EventBus<TestEvents>();
  bus.broadcast("Door", { open: true });
  bus.map({ in: ["Door"], out: "Light" });
  deepStrictEqual(bus.latest("Light"), {});
});

Deno.test("map() chains: an event that was mapped is seen by other mappings", () => {
  const bus = new EventBus<TestEvents>();
  bus.map({ in: ["Light"], out: "Ready", payload: () => ({ by: "light" }) });
  bus.map({ in: ["Door"], out: "Light" });
  bus.broadcast("Door", { open: true });
  deepStrictEqual(bus.latest("Ready"), { by: "light" });
});

Deno.test("map() does nothing any more when it was disposed", () => {
  const bus = new EventBus<TestEvents>();
  {
    using _mapping = bus.map({ in: ["Door"], out: "Light" });
  }
  bus.broadcast("Door", { open: true });
  strictEqual(bus.latest("Light"), undefined);
});

Deno.test("broadcast() reaches everybody when a mapping's payload throws, and the error is told", async () => {
  const errors: unknown[] = [];
  const bus = new EventBus<TestEvents>({
    onError: (error, event) => void errors.push([event, String(error)]),
  });
  bus.map({
    in: ["Door"],
    out: "Ready",
    payload: () => {
      throw new Error("nobody knows");
    },
  });
  const waiting = bus.waitFor("Door");
  bus.broadcast("Door", { open: true });
  deepStrictEqual(await waiting, { open: true });
  deepStrictEqual(errors, [["Ready", "Error: nobody knows"]]);
  strictEqual(bus.latest("Ready"), undefined);
});

/** Never called: it is for the type checker. */
export function typesOfTheBus(bus: EventBus<TestEvents>): void {
  bus.broadcast("Door", { open: true });
  // @ts-expect-error: the payload is another event's
  bus.broadcast("Door", { by: "nobody" });
  // @ts-expect-error: a member of the payload has another type
  bus.broadcast("Door", { open: "yes" });
  // @ts-expect-error: there is no such event
  bus.broadcast("Window", {});
  // @ts-expect-error: the payload is missing
  bus.broadcast("Door");
  // @ts-expect-error: an event that carries something needs to be told what
  bus.map({ in: ["Light"], out: "Ready" });
  // @ts-expect-error: the payload is another event's
  bus.map({ in: ["Light"], out: "Ready", payload: () => ({ open: true }) });
  // @ts-expect-error: there is no such event
  bus.map({ in: ["Window"], out: "Light" });
  const open: Promise<{ open: boolean }> = bus.waitFor("Door");
  // @ts-expect-error: the event carries something else
  const by: Promise<{ by: string }> = bus.waitFor("Door");
  void [open, by];
}

/** A signal that counts who listens to it. */
class CountingSignal {
  readonly #controller = new AbortController();
  readonly #listeners = new Set<unknown>();
  readonly signal = new Proxy(this.#controller.signal, {
    get: (signal, key) => {
      if (key === "addEventListener") {
        return (type: "abort", listener: () => void) => {
          this.#listeners.add(listener);
          signal.addEventListener(type, listener);
        };
      }
      if (key === "removeEventListener") {
        return (type: "abort", listener: () => void) => {
          this.#listeners.delete(listener);
          signal.removeEventListener(type, listener);
        };
      }
      return Reflect.get(signal, key, signal);
    },
  });

  get listeners(): number {
    return this.#listeners.size;
  }

  abort(): void {
    this.#controller.abort(new Error("enough"));
  }
}
