import { Api } from "../api.ts";
import type { Row } from "../row.ts";
import { figure, median, summary } from "../stats.ts";

const JOBS = 1_000;
const AT_ONCE = 20;
const RUNS = 3;
const TARGET = 250;

/** Many small commands through one connection. */
export const shortJobs: Row = {
  name: "short_jobs",
  what: "1,000 short jobs, 20 at a time",
  target: `≥ ${TARGET} jobs/s`,
  async measure({ worker }) {
    using api = new Api(worker);
    await runJobs(api, 100);
    const rates: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const started = performance.now();
      await runJobs(api, JOBS);
      rates.push(JOBS / ((performance.now() - started) / 1000));
    }
    return {
      measured: `${figure(median(rates))} jobs/s`,
      met: median(rates) >= TARGET,
      details: [
        summary(rates, "jobs/s"),
        "`POST /v1/run` of `true`, each until its `end` record, over one HTTP/2 connection",
      ],
    };
  },
};

async function runJobs(api: Api, count: number): Promise<void> {
  let left = count;
  const runSome = async () => {
    while (left-- > 0) {
      const response = await api.call("/v1/run", { body: { command: "true" } });
      const text = await response.text();
      if (!text.includes(`"state":"succeeded"`)) {
        throw new Error(`a job did not succeed: ${text}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runSome));
}
