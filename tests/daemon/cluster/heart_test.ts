import { deepEqual, equal, ok } from "node:assert/strict";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { Heart } from "../../../lib/daemon/cluster/heart.ts";
import { VirtualClock } from "../../helpers/virtual_clock.ts";

/** Runs a heart on a clock of its own; `fails` says with what a beat fails. */
async function beating(
  { fails = () => null, random = () => 0.5 }: {
    fails?: (beat: number) => string | null;
    random?: () => number;
  } = {},
) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const at: number[] = [];
  const heart = new Heart({
    clock,
    random,
    // deno-lint-ignore require-await
    async beat() {
      at.push(clock.now());
      const failure = fails(at.length);
      if (failure !== null) throw new Error(failure);
      return 15_000;
    },
  });
  const running = heart.run({ signal: stop.signal });
  await clock.run(0);
  return {
    ...{ clock, heart, at },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

Deno.test("run() beats at once, then each interval, a fifth more or less by chance", async () => {
  const chances = [0, 0.5, 0.999];
  await using one = await beating({ random: () => chances.shift() ?? 0.5 });
  await one.clock.run(45_001);
  deepEqual(one.at.map((ms) => Math.round(ms / 100) / 10), [0, 12, 27, 45]);
});

Deno.test("changed() makes changes that come together one more beat soon", async () => {
  await using one = await beating();
  await one.clock.run(5_000);
  for (let n = 0; n < 5; n++) {
    one.heart.changed();
    await one.clock.run(20);
  }
  await one.clock.run(1_000);
  deepEqual(one.at, [0, 5_200]);
  await one.clock.run(14_200);
  equal(one.at.length, 3);
});

Deno.test("run() asks less and less often while nobody answers, and a change does not wait", async () => {
  let away = true;
  await using one = await beating({
    fails: () => away ? "nobody answers" : null,
    random: () => 0.999,
  });
  await one.clock.run(120_000);
  const waits = one.at.slice(1).map((ms, n) =>
    Math.round((ms - one.at[n]!) / 1000)
  );
  deepEqual(waits.slice(0, 7), [1, 2, 4, 8, 16, 30, 30]);
  away = false;
  const before = one.at.length;
  one.heart.changed();
  await one.clock.run(201);
  equal(one.at.length, before + 1);
  // It begins anew.
  away = true;
  await one.clock.run(18_000);
  const failed = one.at.at(-1)!;
  await one.clock.run(1_000);
  ok(one.at.at(-1)! - failed <= 1_000 && one.at.at(-1) !== failed);
});

Deno.test("an outage is logged once, and its end", async () => {
  const records: LogRecord[] = [];
  await configure({
    sinks: { memory: (record) => void records.push(record) },
    loggers: [
      { category: ["logtape", "meta"], lowestLevel: "fatal" },
      {
        category: ["worker", "cluster"],
        sinks: ["memory"],
        lowestLevel: "info",
      },
    ],
    reset: true,
  });
  try {
    await using one = await beating({
      fails: (beat) => beat > 1 && beat < 8 ? "auth is away" : null,
    });
    await one.clock.run(200_000);
    deepEqual(records.map(({ level }) => level), ["warning", "info"]);
  } finally {
    await reset();
  }
});
