import { delay } from "../../tests/helpers/delay.ts";
import { timeDaemon } from "../daemon_times.ts";
import type { Row } from "../row.ts";
import { figure, median, summary } from "../stats.ts";

const RUNS = 20;
const TARGET_MS = 200;

/** How long a server that nobody talks to takes to end. */
export const shutdown: Row = {
  name: "shutdown",
  what: "SIGTERM until the process has ended, without open streams",
  target: `≤ ${TARGET_MS} ms`,
  async measure({ worker }) {
    const settled: number[] = [];
    for (let run = 0; run < 5; run++) {
      await worker.cli(["run", "true"]);
      // The connection of that client is gone, and timers have had their turn.
      await delay(1_000);
      const began = performance.now();
      await worker.stop();
      settled.push(performance.now() - began);
      await worker.start();
    }
    await worker.stop();
    const fresh: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      fresh.push((await timeDaemon(worker)).shutdown);
    }
    return {
      measured: `${figure(median(settled))} ms`,
      met: median(settled) <= TARGET_MS,
      details: [
        `a second after the last request: ${summary(settled, "ms")}`,
        `right after the start: ${summary(fresh, "ms")}`,
        "the job host stays",
      ],
    };
  },
};
