import { type CommandSpec, JSON_OPTION } from "./command.ts";
import { eachJob } from "./each_job.ts";

export const command: CommandSpec = {
  name: "rm",
  summary: "remove jobs that ended",
  operands: "JOB…",
  count: { min: 1 },
  options: [JSON_OPTION],
  details: "The record and the output of the jobs are gone then.",
  run: (typed) => eachJob(typed, ({ client }, id) => client.remove(id)),
};
