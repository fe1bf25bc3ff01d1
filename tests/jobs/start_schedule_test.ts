import { deepEqual, equal } from "node:assert/strict";
import { momentOf, StartSchedule } from "../../lib/jobs/start_schedule.ts";
import { FakeClock } from "../helpers/fake_clock.ts";

const HOUR = 3_600_000;

function schedule() {
  const clock = new FakeClock();
  const due: string[] = [];
  const starts = new StartSchedule<string>(clock, (name) => due.push(name));
  return {
    clock,
    due,
    starts,
    [Symbol.dispose]: () => starts[Symbol.dispose](),
  };
}

Deno.test("StartSchedule hands each on at its moment, not before", () => {
  using given = schedule();
  const { clock, due, starts } = given;
  starts.add("later", momentOf("3s", clock));
  starts.add("soon", momentOf("1s", clock));
  starts.add("never asked for", momentOf("2s", clock));
  equal(starts.remove("never asked for"), true);
  clock.pass(999);
  deepEqual(due, []);
  clock.pass(1);
  deepEqual(due, ["soon"]);
  clock.pass(2_000);
  deepEqual(due, ["soon", "later"]);
  deepEqual([starts.size, clock.armed], [0, 0]);
});

Deno.test("StartSchedule counts a duration whatever the wall clock is set to", () => {
  using given = schedule();
  const { clock, due, starts } = given;
  starts.add("job", momentOf("10s", clock));
  clock.setWall(clock.now() + 100 * HOUR);
  clock.pass(5_000);
  deepEqual(due, []);
  clock.setWall(0);
  clock.pass(4_999);
  deepEqual(due, []);
  clock.pass(1);
  deepEqual(due, ["job"]);
});

Deno.test("StartSchedule starts at a time of day when the clock says so, also after it was set", () => {
  using given = schedule();
  const { clock, due, starts } = given;
  const at = clock.now() + HOUR;
  starts.add("job", momentOf(new Date(at).toISOString(), clock));
  clock.pass(30_000);
  clock.setWall(at - 2 * HOUR);
  clock.pass(2 * HOUR - 1);
  deepEqual(due, []);
  clock.pass(1);
  deepEqual(due, ["job"]);

  starts.add("next", momentOf(new Date(at + 5 * HOUR).toISOString(), clock));
  clock.pass(10_000);
  clock.setWall(at + 5 * HOUR);
  clock.pass(10_000);
  deepEqual(due, ["job", "next"]);
});

Deno.test("StartSchedule leaves no timer behind when it is disposed", () => {
  const { clock, due, starts } = schedule();
  starts.add("job", momentOf("1h", clock));
  equal(clock.armed, 1);
  starts[Symbol.dispose]();
  starts.add("late", momentOf("1h", clock));
  equal(clock.armed, 0);
  clock.pass(2 * HOUR);
  deepEqual(due, []);
});
