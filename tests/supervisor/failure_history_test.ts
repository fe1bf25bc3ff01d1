import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  type Decision,
  FailureHistory,
} from "../../lib/supervisor/failure_history.ts";
import {
  DEFAULT_RESTART_POLICY,
  type RestartPolicy,
} from "../../lib/supervisor/mod.ts";
import { seeded } from "./fixture.ts";

Deno.test("fail() doubles the pause up to the longest", () => {
  const history = new FailureHistory(policy({ jitter: "none" }), Math.random);
  const pauses = Array.from({ length: 9 }, () => delay(history.fail(0, 0)));
  deepStrictEqual(
    pauses,
    [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000],
  );
});

Deno.test("fail() keeps its pause below the longest after any number of failures", () => {
  const history = new FailureHistory(
    policy({ jitter: "none", limit: Infinity }),
    Math.random,
  );
  for (let times = 0; times < 5_000; times++) history.fail(0, 0);
  strictEqual(delay(history.fail(0, 0)), 30_000);
});

for (const [jitter, least] of [["half", 500], ["full", 0]] as const) {
  Deno.test(`fail() spreads the pause over [${least}, 1000) with ${jitter} jitter`, () => {
    const random = seeded(7);
    const pauses = Array.from({ length: 2_000 }, () =>
      delay(
        new FailureHistory(policy({ jitter, baseMs: 1_000 }), random)
          .fail(0, 0),
      ));
    const [lowest, highest] = [Math.min(...pauses), Math.max(...pauses)];
    ok(lowest >= least && lowest < least + 10, `lowest ${lowest}`);
    ok(highest < 1_000 && highest > 990, `highest ${highest}`);
  });
}

Deno.test("fail() forgets earlier failures after a run that was quiet for long enough", () => {
  const history = new FailureHistory(policy({ jitter: "none" }), Math.random);
  history.fail(0, 0);
  history.fail(1_000, 500);
  strictEqual(delay(history.fail(61_000, 59_999)), 2_000);
  strictEqual(delay(history.fail(122_000, 60_000)), 500);
  strictEqual(delay(history.fail(122_500, 0)), 1_000);
});

Deno.test("fail() gives up at the limit of restarts in the window, which slides", () => {
  const few = policy({ limit: 3, windowMs: 10_000 });
  const history = new FailureHistory(few, Math.random);
  for (const at of [0, 4_000, 9_000]) {
    strictEqual(history.fail(at, 0).type, "restart");
  }
  // The first of them is no longer in the window at 10 s.
  strictEqual(history.fail(10_000, 0).type, "restart");
  strictEqual(history.fail(13_999, 0).type, "give_up");
});

Deno.test("fail() never starts again when the limit is 0, and always when there is none", () => {
  const never = new FailureHistory(policy({ limit: 0 }), Math.random);
  strictEqual(never.fail(0, 0).type, "give_up");
  const always = new FailureHistory(policy({ limit: Infinity }), Math.random);
  for (let times = 0; times < 1_000; times++) {
    strictEqual(always.fail(times, 0).type, "restart");
  }
});

function policy(options: Partial<RestartPolicy>): RestartPolicy {
  return { ...DEFAULT_RESTART_POLICY, ...options };
}

function delay(decision: Decision): number {
  if (decision.type === "restart") return decision.delayMs;
  throw new Error("it was given up");
}
