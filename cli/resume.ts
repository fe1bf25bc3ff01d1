import { type CommandSpec, JSON_OPTION } from "./command.ts";
import { eachJob } from "./each_job.ts";
import { NODE_OPTION } from "./global_options.ts";

export const command: CommandSpec = {
  name: "resume",
  summary: "let paused jobs go on",
  operands: "JOB…",
  count: { min: 1 },
  options: [NODE_OPTION, JSON_OPTION],
  run: (typed) =>
    eachJob(typed, async ({ client }, id) => {
      await client.resume(id);
    }),
};
