import { equal, match } from "node:assert/strict";
import { Lifetime } from "../../lib/jobhost/lifetime.ts";

/** A lifetime with a clock and jobs that the test sets. */
function lifetime() {
  const set = { now: 0, busy: false, over: null as string | null };
  const life = new Lifetime({
    busy: () => set.busy,
    now: () => set.now,
    patience: 10_000,
  });
  life.over.then((reason) => set.over = reason);
  const lookAt = async (now: number) => {
    set.now = now;
    life.look();
    await Promise.resolve();
    return set.over;
  };
  return { life, set, lookAt };
}

Deno.test("Lifetime ends when there was neither a job nor a daemon for ten seconds", async () => {
  const { lookAt } = lifetime();
  equal(await lookAt(9_999), null);
  match(await lookAt(10_000) ?? "", /neither a job nor a daemon/);
});

Deno.test("Lifetime goes on while there is a job, and begins to count at its end", async () => {
  const { set, lookAt } = lifetime();
  set.busy = true;
  equal(await lookAt(60_000), null);
  set.busy = false;
  equal(await lookAt(69_999), null);
  match(await lookAt(70_000) ?? "", /neither/);
});

Deno.test("Lifetime goes on while a daemon is attached, and counts from when the last one left", async () => {
  const { life, set, lookAt } = lifetime();
  const first = life.attach();
  const second = life.attach();
  equal(await lookAt(60_000), null);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  equal(await lookAt(120_000), null);
  set.now = 125_000;
  second[Symbol.dispose]();
  equal(await lookAt(134_999), null);
  match(await lookAt(135_000) ?? "", /neither/);
});

Deno.test("Lifetime ends with the last job once it was retired, though a daemon is attached", async () => {
  const { life, set, lookAt } = lifetime();
  using _ = life.attach();
  set.busy = true;
  life.retire();
  equal(await lookAt(1), null);
  set.busy = false;
  match(await lookAt(2) ?? "", /last job/);
});
