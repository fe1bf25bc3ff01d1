import { Api } from "../api.ts";
import { finishJobs, runningJobs, startQuietJobs } from "../jobs.ts";
import type { Row } from "../row.ts";
import { figure, median, summary } from "../stats.ts";

const FINISHED = 1_000;
const RUNNING = 200;
const RUNS = 7;
const TARGET_MS = 1_000;

/** An upgrade of the daemon, as `systemctl restart` does it. */
export const daemonRestart: Row = {
  name: "daemon_restart",
  what: "restart of the daemon with 1,000 finished and 200 running jobs",
  target: `ready ≤ ${TARGET_MS / 1000} s`,
  async measure({ worker }) {
    {
      using api = new Api(worker);
      await finishJobs(api, FINISHED);
      await startQuietJobs(api, RUNNING);
    }
    const host = worker.jobHostPid;
    const stops: number[] = [];
    const starts: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const began = performance.now();
      await worker.stop();
      const stopped = performance.now();
      await worker.restart();
      starts.push(performance.now() - stopped);
      stops.push(stopped - began);
    }
    using api = new Api(worker);
    const { length: running } = await runningJobs(api);
    const all = await api.json<unknown[]>("/v1/jobs?limit=10000");
    if (worker.jobHostPid !== host || running !== RUNNING) {
      throw new Error(`${running} of ${RUNNING} jobs run after the restarts`);
    }
    return {
      measured: `ready after ${figure(median(starts))} ms`,
      met: median(starts) <= TARGET_MS,
      details: [
        `from the start of the process until it listens: ${
          summary(starts, "ms")
        }`,
        `from SIGTERM until the one before it was gone: ${
          summary(stops, "ms")
        }`,
        `${all.length} jobs known, ${running} of ${RUNNING} running after ${RUNS} restarts`,
      ],
    };
  },
};
