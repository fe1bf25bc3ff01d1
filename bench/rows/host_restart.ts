import { waitFor } from "../../tests/helpers/wait_for.ts";
import type { Worker } from "../../tests/helpers/worker.ts";
import { Api } from "../api.ts";
import { finishJobs, runningJobs, startQuietJobs } from "../jobs.ts";
import type { Row } from "../row.ts";
import { figure, median, summary } from "../stats.ts";

const FINISHED = 1_000;
const RUNNING = 200;
const RUNS = 7;
const TARGET_MS = 1_000;

/** The job host killed: the next one reads all records and adopts what runs. */
export const hostRestart: Row = {
  name: "host_restart",
  what:
    "`kill -9` of the job host with 1,000 finished and 200 running jobs, until the API answers for them",
  target: `≤ ${TARGET_MS / 1000} s, every job adopted`,
  async measure({ worker }) {
    using api = new Api(worker);
    await finishJobs(api, FINISHED);
    await startQuietJobs(api, RUNNING);
    await identified(worker, RUNNING);
    const times: number[] = [];
    let adopted = RUNNING;
    for (let run = 0; run < RUNS; run++) {
      const host = worker.jobHostPid!;
      const began = performance.now();
      Deno.kill(host, "SIGKILL");
      // The daemon may still believe that it is there, so the answer must be another's.
      await waitFor(
        "the next job host",
        () => worker.jobHostPid !== null && worker.jobHostPid !== host,
        { interval: 5 },
      );
      adopted = Math.min(adopted, (await runningJobs(api)).length);
      times.push(performance.now() - began);
    }
    return {
      measured: `${
        figure(median(times))
      } ms, ${adopted} of ${RUNNING} jobs adopted`,
      met: median(times) <= TARGET_MS && adopted === RUNNING,
      details: [
        `from the signal until the list of running jobs came: ${
          summary(times, "ms")
        }`,
      ],
    };
  },
};

/** Waits until the records name the processes for good, which they do after 100 ms. */
async function identified(worker: Worker, count: number): Promise<void> {
  await waitFor("start times in all records", async () => {
    const folder = `${worker.stateDir}/jobs`;
    let known = 0;
    for await (const { name } of Deno.readDir(folder)) {
      const text = await Deno.readTextFile(`${folder}/${name}/job.json`);
      const { job, process } = JSON.parse(text);
      if (job.state === "running" && process?.startTime) known++;
    }
    return known === count;
  });
}
