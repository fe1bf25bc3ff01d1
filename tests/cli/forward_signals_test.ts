import { deepEqual, rejects } from "node:assert/strict";
import { sendTo } from "../../cli/forward_signals.ts";
import { WorkerError } from "../../lib/api/errors.ts";
import type { JobState } from "../../lib/api/job.ts";
import { exampleJob } from "../helpers/example_job.ts";

/** Sends SIGINT to a job in a state; what was asked of the server. */
async function sent(state: JobState, refusal: WorkerError | null = null) {
  const asked: string[] = [];
  const job = exampleJob({ state });
  await sendTo({
    signal(_id, name) {
      asked.push(`signal ${name}`);
      return refusal ? Promise.reject(refusal) : Promise.resolve(job);
    },
    get() {
      asked.push("get");
      return Promise.resolve(job);
    },
    stop(_id, options) {
      asked.push(`stop ${options?.name}`);
      return Promise.resolve(job);
    },
  }, { job: job.id, name: "SIGINT" });
  return asked;
}

const NO_PROCESS = new WorkerError("CONFLICT", "it has no process");

Deno.test("sendTo() stops a job that has not started, and leaves one that has ended", async () => {
  deepEqual(await sent("running"), ["signal SIGINT"]);
  deepEqual(await sent("pending", NO_PROCESS), [
    "signal SIGINT",
    "get",
    "stop SIGINT",
  ]);
  deepEqual(await sent("failed", NO_PROCESS), ["signal SIGINT", "get"]);
});

Deno.test("sendTo() says so when a signal can't be delivered", async () => {
  const refusal = new WorkerError("UNAVAILABLE", "gone");
  await rejects(sent("running", refusal), refusal);
});
