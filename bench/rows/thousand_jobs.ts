import { waitFor } from "../../tests/helpers/wait_for.ts";
import { Api } from "../api.ts";
import {
  inParallel,
  type JobView,
  runningJobs,
  startQuietJobs,
} from "../jobs.ts";
import type { Row } from "../row.ts";
import { figure } from "../stats.ts";

const JOBS = 1_000;
const STOPS_AT_ONCE = 50;
const TARGET_START_MS = 10_000;
const TARGET_STOP_MS = 5_000;

/** Many jobs that are all alive. */
export const thousandJobs: Row = {
  name: "thousand_jobs",
  what: "1,000 jobs alive at once, started and stopped over the API",
  target: "started ≤ 10 s, stopped ≤ 5 s, nothing left",
  async measure({ worker }) {
    using api = new Api(worker);
    const before = childrenOf(worker.jobHostPid!);
    let began = performance.now();
    const jobs = await startQuietJobs(api, JOBS);
    const started = performance.now() - began;
    const { length: alive } = await runningJobs(api);
    if (alive !== JOBS) throw new Error(`${alive} of ${JOBS} jobs run`);

    began = performance.now();
    const ended = await inParallel(
      JOBS,
      (n) => api.json<JobView>(`/v1/jobs/${jobs[n]!.id}/stop`, {}),
      { atOnce: STOPS_AT_ONCE },
    );
    const stopped = performance.now() - began;
    const others = ended.filter(({ state }) => state !== "stopped").length;
    const left = jobs.filter(({ pid }) => exists(pid!)).length;
    // Its children are its jobs' processes, and there was none before.
    await waitFor(
      "no child of the job host",
      () => childrenOf(worker.jobHostPid!) === before,
    );
    return {
      measured: `started in ${figure(started / 1000)} s, stopped in ${
        figure(stopped / 1000)
      } s, ${left} processes left`,
      met: started <= TARGET_START_MS && stopped <= TARGET_STOP_MS &&
        left + others === 0,
      details: [
        "`sleep 1000`: 20 starts under way at a time over one HTTP/2 connection, " +
        `then ${STOPS_AT_ONCE} calls of \`stop\`, each until the job has ended with all it started`,
        `ended otherwise than "stopped": ${others}`,
        `children of the job host before and after: ${before}`,
      ],
    };
  },
};

/** How many children a process has, zombies counted. */
function childrenOf(pid: number): number {
  let count = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const path = `/proc/${pid}/task/${name}/children`;
    count += Deno.readTextFileSync(path).trim().split(" ").filter(Boolean)
      .length;
  }
  return count;
}

function exists(pid: number): boolean {
  try {
    return Deno.statSync(`/proc/${pid}`).isDirectory;
  } catch {
    return false;
  }
}
