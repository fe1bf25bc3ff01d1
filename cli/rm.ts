import { type CommandSpec, JSON_OPTION } from "./command.ts";
import { eachJob } from "./each_job.ts";
import { NODE_OPTION } from "./global_options.ts";

export const command: CommandSpec = {
  name: "rm",
  summary: "remove jobs that ended",
  operands: "JOB…",
  count: { min: 1 },
  options: [NODE_OPTION, JSON_OPTION],
  details: "The record and the output of the jobs are gone then.",
  run: (typed) => eachJob(typed, ({ client }, id) => client.remove(id)),
};
