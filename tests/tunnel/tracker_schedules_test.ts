/**
 * Two proxies, A and B, are replaced by C and D, one after the other, behind a fair balancer. What
 * the node hears in between comes in three schedules. The same lists, in another order, leave the
 * naive rule with the proxies of yesterday.
 */
import assert from "node:assert/strict";
import type { Lease } from "../../lib/tunnel/lease.ts";
import { Tracker } from "../../lib/tunnel/tracker.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { NaiveTracker } from "./naive_tracker.ts";
import { proxies } from "./proxies.ts";

/** What the node hears and from whom, or which connection it loses. */
type Step = { hear: string; from: string } | { lose: string };

const IN_ORDER: Step[] = [
  { hear: "AB", from: "A" },
  { hear: "ABC", from: "B" },
  { lose: "A" },
  { hear: "BC", from: "B" },
  { hear: "BCD", from: "C" },
  { lose: "B" },
  { hear: "CD", from: "C" },
];
/** B's last list before it ends is on its way while C's list of the same moment arrives. */
const REORDERED: Step[] = [
  { hear: "AB", from: "A" },
  { hear: "ABC", from: "B" },
  { lose: "A" },
  { hear: "BCD", from: "C" },
  { hear: "BC", from: "B" },
  { lose: "B" },
];
/** A list from before the replacement comes last of all. */
const YESTERDAY: Step[] = [
  { hear: "BC", from: "B" },
  { hear: "CD", from: "C" },
  { lose: "A" },
  { lose: "B" },
  { hear: "AB", from: "B" },
];

/** A balancer that leads to each proxy that is alive in turn. */
function* rounds(alive: string): Generator<string> {
  for (let i = 0; i < 40; i++) yield alive[i % alive.length]!;
}

function naive(steps: Step[]): string[] {
  const tracker = new NaiveTracker();
  tracker.update(proxies("AB"));
  for (const id of "AB") tracker.reach(id);
  for (const step of steps) {
    if ("lose" in step) tracker.lose(step.lose);
    else {
      tracker.update(proxies(step.hear));
      // It is quick to claim a proxy that it has heard of and that is there already.
      if (step.hear.includes("C")) tracker.reach("C");
    }
  }
  for (const id of rounds("CD")) if (tracker.wantsMore()) tracker.reach(id);
  return tracker.claimed;
}

function ours(steps: Step[]): string[] {
  const tracker = new Tracker({ clock: new FakeClock(), random: () => 0 });
  const leases = new Map<string, Lease>();
  const reach = (id: string) => {
    const lease = tracker.tryAcquire();
    if (lease?.claim(id)) leases.set(id, lease);
    else lease?.release();
  };
  reach("A");
  tracker.update(proxies("AB"), { from: "A" });
  reach("B");
  for (const step of steps) {
    if ("lose" in step) leases.get(step.lose)?.release();
    else {
      tracker.update(proxies(step.hear), step);
      if (step.hear.includes("C")) reach("C");
    }
  }
  for (const id of rounds("CD")) reach(id);
  return tracker.snapshot().claimed.slice();
}

Deno.test("replacing the list reaches all proxies when lists come in order", () => {
  assert.deepEqual(naive(IN_ORDER), ["C", "D"]);
});

Deno.test("replacing the list gets stuck when two lists change places", () => {
  assert.deepEqual(naive(REORDERED), ["C"]);
});

Deno.test("replacing the list gets stuck when yesterday's list comes last", () => {
  assert.deepEqual(naive(YESTERDAY), ["C"]);
});

for (
  const [name, steps] of Object.entries({ IN_ORDER, REORDERED, YESTERDAY })
) {
  Deno.test(`Tracker reaches all proxies when lists come as in ${name}`, () => {
    assert.deepEqual(ours(steps), ["C", "D"]);
  });
}
