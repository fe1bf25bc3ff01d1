import { Api } from "../api.ts";
import type { Row } from "../row.ts";
import { figure, median, quantile, summary } from "../stats.ts";

const WARM_UP = 50;
const REQUESTS = 500;
const TARGET_MS = 5;

/** What a program that keeps its connection pays for a command. */
export const postRun: Row = {
  name: "post_run",
  what: "`POST /v1/run` of `true` on an open connection",
  target: `p50 ≤ ${TARGET_MS} ms`,
  async measure({ worker }) {
    using api = new Api(worker);
    const samples: number[] = [];
    for (let n = -WARM_UP; n < REQUESTS; n++) {
      const started = performance.now();
      const response = await api.call("/v1/run", { body: { command: "true" } });
      await response.text();
      if (n >= 0) samples.push(performance.now() - started);
    }
    return {
      measured: `p50 ${figure(median(samples))} ms`,
      met: median(samples) <= TARGET_MS,
      details: [
        summary(samples, "ms"),
        `p99 ${figure(quantile(samples, 0.99))} ms`,
        "one after the other over one HTTP/2 connection, until the whole answer is read",
      ],
    };
  },
};
