import { deepEqual, equal } from "node:assert/strict";
import { noStatistics } from "../../lib/api/job_statistics.ts";
import { StatisticsSum } from "../../lib/jobhost/statistics_sum.ts";

function reading(pid: number, started: number, running: number) {
  const statistics = noStatistics();
  statistics.started = started;
  statistics.ended.exited = started - running;
  statistics.printed.stdout = 10 * started;
  statistics.states.running = running;
  statistics.memoryBytes = 1_000;
  return { pid, statistics };
}

Deno.test("StatisticsSum.of() adds what all job hosts count and have", () => {
  const { started, ended, printed, states, memoryBytes } = new StatisticsSum()
    .of([reading(1, 5, 2), reading(2, 3, 3)]);
  deepEqual([started, ended.exited, printed.stdout], [8, 3, 80]);
  deepEqual([states.running, memoryBytes], [5, 2_000]);
});

Deno.test("StatisticsSum.of() keeps the counts of a job host that is gone, not what it had", () => {
  const sum = new StatisticsSum();
  sum.of([reading(1, 5, 2)]);
  for (let scrape = 0; scrape < 2; scrape++) {
    const { started, printed, states } = sum.of([reading(2, 1, 1)]);
    deepEqual([started, printed.stdout, states.running], [6, 60, 1]);
  }
  equal(sum.of([reading(2, 4, 0)]).started, 9);
});

Deno.test("StatisticsSum.of() takes a pid that counts from nothing for another job host", () => {
  const sum = new StatisticsSum();
  sum.of([reading(1, 5, 0)]);
  equal(sum.of([reading(1, 2, 0)]).started, 7);
  equal(sum.of([reading(1, 3, 0)]).started, 8);
});

Deno.test("StatisticsSum.of() says that jobs get cgroups when all of them do", () => {
  const without = reading(2, 0, 0);
  without.statistics.cgroups = false;
  equal(new StatisticsSum().of([reading(1, 0, 0)]).cgroups, true);
  equal(new StatisticsSum().of([reading(1, 0, 0), without]).cgroups, false);
});
