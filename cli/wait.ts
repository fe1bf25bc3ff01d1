import { type CommandSpec, JSON_OPTION } from "./command.ts";
import { eachJob } from "./each_job.ts";
import { EXIT } from "./exit_codes.ts";
import { NODE_OPTION } from "./global_options.ts";
import { waitForEnd } from "../lib/client/wait_for_end.ts";
import { tellEnd } from "./tell_end.ts";

export const command: CommandSpec = {
  name: "wait",
  summary: "wait for jobs to end",
  operands: "JOB…",
  count: { min: 1 },
  options: [NODE_OPTION, JSON_OPTION],
  details:
    "Exits like the job; of several jobs, like the first in the order given that did\n" +
    "not exit with 0. Goes on waiting through broken connections.",
  run: (typed) =>
    eachJob(typed, async ({ client }, id) => {
      const { exit } = await waitForEnd(client, id);
      return exit === null ? EXIT.lost : await tellEnd(exit);
    }),
};
