import { Api } from "../api.ts";
import { timeDaemon } from "../daemon_times.ts";
import { startQuietJobs } from "../jobs.ts";
import type { Row } from "../row.ts";
import { figure, median, summary } from "../stats.ts";

const RUNS = 20;
const RUNS_ALONE = 10;
const TARGET_MS = 250;

/** How long a host is without its API when the server is restarted. */
export const ready: Row = {
  name: "ready",
  what:
    "start of the process until it listens, with an existing state directory",
  target: `≤ ${TARGET_MS} ms`,
  async measure({ worker }) {
    {
      using api = new Api(worker);
      // A job host without jobs may end.
      await startQuietJobs(api, 1);
    }
    await worker.stop();
    const attached: number[] = [];
    for (let run = -1; run < RUNS; run++) {
      const { ready } = await timeDaemon(worker);
      if (run >= 0) attached.push(ready);
    }
    const alone: number[] = [];
    for (let run = 0; run < RUNS_ALONE; run++) {
      await worker.stopJobHosts();
      alone.push((await timeDaemon(worker)).ready);
    }
    return {
      measured: `${figure(median(attached))} ms, ${
        figure(median(alone))
      } ms when it has to start the job host`,
      met: median(attached) <= TARGET_MS,
      details: [
        `with a job host that runs: ${summary(attached, "ms")}`,
        `without one: ${summary(alone, "ms")}`,
        "from `fork` to the line that says where it listens",
      ],
    };
  },
};
