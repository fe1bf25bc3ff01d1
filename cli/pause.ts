import { type CommandSpec, JSON_OPTION } from "./command.ts";
import { eachJob } from "./each_job.ts";

export const command: CommandSpec = {
  name: "pause",
  summary: "freeze jobs",
  operands: "JOB…",
  count: { min: 1 },
  options: [JSON_OPTION],
  details:
    "All processes of a job stand still until `worker resume` or `worker stop`; their memory\n" +
    "stays. The timeout of a job goes on. Needs cgroup v2 on the host.",
  run: (typed) =>
    eachJob(typed, async ({ client }, id) => {
      await client.pause(id);
    }),
};
