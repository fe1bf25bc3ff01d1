import { type CommandSpec, JSON_OPTION } from "./command.ts";
import { eachJob } from "./each_job.ts";
import { NODE_OPTION } from "./global_options.ts";

export const command: CommandSpec = {
  name: "pause",
  summary: "freeze jobs",
  operands: "JOB…",
  count: { min: 1 },
  options: [NODE_OPTION, JSON_OPTION],
  details:
    "All processes of a job stand still until `worker resume` or `worker stop`; their\n" +
    "memory stays. The timeout of a job goes on. Needs cgroup v2 on the host.",
  run: (typed) =>
    eachJob(typed, async ({ client }, id) => {
      await client.pause(id);
    }),
};
