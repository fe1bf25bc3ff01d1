import { delay } from "../../tests/helpers/delay.ts";
import { Api } from "../api.ts";
import { startQuietJobs } from "../jobs.ts";
import { mebibytes, type Memory, memoryOf } from "../memory.ts";
import type { Row } from "../row.ts";
import { figure } from "../stats.ts";

const SETTLE_MS = 5_000;
const FEW = 200;
const MANY = 1_000;
const TARGET_IDLE_BYTES = 60 * 2 ** 20;
const TARGET_JOB_BYTES = 64 * 2 ** 10;

/** What the process that owns the jobs costs, alone and with jobs. */
export const hostMemory: Row = {
  name: "host_memory",
  what: "job host, idle and per running job",
  target: "≤ 60 MiB and ≤ 64 KiB RSS",
  async measure({ worker }) {
    using api = new Api(worker);
    const settled = async () => {
      await delay(SETTLE_MS);
      return memoryOf(worker.jobHostPid!);
    };
    const idle = await settled();
    await startQuietJobs(api, FEW);
    const few = await settled();
    await startQuietJobs(api, MANY - FEW);
    const many = await settled();
    const perJob = (many.rss - idle.rss) / MANY;
    return {
      measured: `${mebibytes(idle.rss)} idle, ${
        figure(perJob / 1024)
      } KiB a job of ${MANY}`,
      met: idle.rss <= TARGET_IDLE_BYTES && perJob <= TARGET_JOB_BYTES,
      details: [
        `idle, ${SETTLE_MS / 1000} s after its start: ${describe(idle)}`,
        `with ${FEW} jobs: ${describe(few)}, ${
          figure((few.rss - idle.rss) / FEW / 1024)
        } KiB of RSS a job`,
        `with ${MANY} jobs: ${describe(many)}, ${
          figure((many.rss - few.rss) / (MANY - FEW) / 1024)
        } KiB of RSS for each job more`,
        "jobs: `sleep 1000`; the processes of the jobs are not counted",
      ],
    };
  },
};

function describe({ rss, pss }: Memory): string {
  return `RSS ${mebibytes(rss)}, PSS ${mebibytes(pss)}`;
}
