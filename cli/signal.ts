import type { CommandSpec } from "./command.ts";
import { JSON_OPTION } from "./command.ts";
import { eachJob } from "./each_job.ts";
import { NODE_OPTION } from "./global_options.ts";
import { signalOf } from "./signal_name.ts";

export const command: CommandSpec = {
  name: "signal",
  summary: "send a signal to a job",
  operands: "JOB SIGNAL",
  count: { min: 2, max: 2 },
  options: [NODE_OPTION, JSON_OPTION],
  details: "SIGNAL is a name with or without SIG, or a number.",
  run(typed) {
    const [job, name] = typed.operands as [string, string];
    return eachJob({ ...typed, operands: [job] }, async ({ client }, id) => {
      await client.signal(id, signalOf(name));
    });
  },
};
