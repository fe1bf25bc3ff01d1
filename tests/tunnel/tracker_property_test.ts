import assert from "node:assert/strict";
import fc from "fast-check";
import type { Lease } from "../../lib/tunnel/lease.ts";
import { Tracker } from "../../lib/tunnel/tracker.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { proxy } from "./proxies.ts";

const IDS = ["a", "b", "c", "d", "e"];

const id = fc.constantFrom(...IDS);
const info = fc.record({
  id,
  group: fc.constantFrom("default", "other"),
  generation: fc.integer({ min: 1, max: 3 }),
  addresses: fc.constantFrom([], ["10.0.0.1:7443"]),
  ttlMs: fc.constant(180_000),
});
const which = fc.nat({ max: 99 });
const step = fc.oneof(
  fc.record({
    do: fc.constant("hear" as const),
    list: fc.uniqueArray(info, { selector: ({ id }) => id }),
    from: id,
  }),
  fc.record({ do: fc.constant("acquire" as const) }),
  fc.record({ do: fc.constant("claim" as const), which, id }),
  fc.record({
    do: fc.constantFrom("release" as const, "fail" as const, "drain" as const),
    which,
  }),
  fc.record({
    do: fc.constant("pass" as const),
    ms: fc.constantFrom(1, 2_000, 30_000, 61_000, 180_000),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A tracker and every lease that it gave. */
class Run {
  readonly clock = new FakeClock();
  readonly tracker = new Tracker({ clock: this.clock, random: () => 0.5 });
  readonly leases: Lease[] = [];

  #held(): Lease[] {
    return this.leases.filter(({ state }) => state.type !== "released");
  }

  #pick(which: number): Lease | undefined {
    const held = this.#held();
    return held[which % held.length];
  }

  take(step: Step): void {
    switch (step.do) {
      case "hear":
        return this.tracker.update(step.list, step);
      case "acquire": {
        const before = this.tracker.snapshot();
        const lease = this.tracker.tryAcquire();
        if (!lease) return;
        this.leases.push(lease);
        const wanted =
          before.proxies.filter(({ state }) =>
            state === "missing" || state === "in_flight"
          ).length;
        const idle = before.inFlight === 0 && before.claimed.length === 0;
        assert.ok(idle || before.inFlight < wanted, "a lease without need");
        return;
      }
      case "claim": {
        const lease = this.#pick(step.which);
        if (lease?.state.type === "unclaimed") lease.claim(step.id);
        return;
      }
      case "release":
        return this.#pick(step.which)?.release();
      case "fail":
        return this.#pick(step.which)?.failed("refused");
      case "drain":
        return this.#pick(step.which)?.drain();
      case "pass":
        return this.clock.pass(step.ms);
    }
  }

  /** What the tracker says is what the leases say. */
  check(): void {
    const claimed = this.leases.flatMap(({ state }) =>
      state.type === "claimed" ? [state.proxy] : []
    );
    assert.equal(new Set(claimed).size, claimed.length, "claimed twice");
    const snapshot = this.tracker.snapshot();
    assert.deepEqual(snapshot.claimed, claimed.sort());
    const unclaimed = this.leases.filter(({ state }) =>
      state.type === "unclaimed"
    );
    assert.equal(snapshot.inFlight, unclaimed.length);
    const aimed = unclaimed.flatMap(({ target }) =>
      target.type === "direct" ? [target.proxy] : []
    );
    assert.equal(new Set(aimed).size, aimed.length, "dialled directly twice");
  }
}

/** A run after any steps; everything holds after each of them. */
function after(steps: readonly Step[]): Run {
  const run = new Run();
  for (const step of steps) {
    run.take(step);
    run.check();
  }
  return run;
}

const steps = fc.array(step, { maxLength: 60 });

Deno.test("Tracker claims no proxy twice and grants no lease without need, whatever happens", () => {
  fc.assert(fc.property(steps, (steps) => void after(steps)));
});

Deno.test("Tracker has no timer and no lease left when each lease was released", () => {
  fc.assert(fc.property(steps, (steps) => {
    const run = after(steps);
    for (const lease of run.leases) lease[Symbol.dispose]();
    run.check();
    assert.equal(run.clock.armed, 0);
  }));
});

Deno.test("Tracker takes every lease back that is never claimed", () => {
  fc.assert(fc.property(steps, (steps) => {
    const run = after(steps);
    run.clock.pass(60_000);
    assert.equal(run.tracker.snapshot().inFlight, 0);
  }));
});

Deno.test("Tracker forgets all that is not claimed when gossip ends", () => {
  fc.assert(fc.property(steps, (steps) => {
    const run = after(steps);
    run.clock.pass(180_000);
    const { proxies, claimed } = run.tracker.snapshot();
    for (const { id } of proxies) assert.ok(claimed.includes(id));
  }));
});

Deno.test("Tracker gets to all proxies with a fair balancer and gossip, whatever was before", () => {
  fc.assert(fc.property(steps, (steps) => {
    const run = after(steps);
    const { tracker, clock } = run;
    const alive = IDS.map((id) => proxy(id, { generation: 4 }));
    // Every proxy answers the dial that finds it, also when it was thought dead.
    for (let i = 0; i < 400; i++) {
      clock.pass(1_000);
      if (i % 30 === 0) {
        for (const from of IDS) tracker.update(alive, { from });
      }
      const lease = tracker.tryAcquire();
      if (!lease) continue;
      run.leases.push(lease);
      const { target } = lease;
      const reached = target.type === "direct" ? target.proxy : IDS[i % 5]!;
      if (!lease.claim(reached)) lease.release();
      run.check();
    }
    const { claimed, verdict } = tracker.snapshot();
    assert.deepEqual(claimed, IDS);
    assert.equal(verdict.type, "connected");
  }));
});
