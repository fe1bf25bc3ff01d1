import { parseDuration } from "../lib/api/duration.ts";
import { type CommandSpec, JSON_OPTION, valueOf } from "./command.ts";
import { eachJob } from "./each_job.ts";
import { NODE_OPTION } from "./global_options.ts";
import { signalOf } from "./signal_name.ts";

export const command: CommandSpec = {
  name: "stop",
  summary: "stop jobs with all they started",
  operands: "JOB…",
  count: { min: 1 },
  options: [
    {
      name: "signal",
      short: "s",
      value: "SIGNAL",
      help: "the signal to begin with; SIGTERM",
    },
    {
      name: "grace",
      value: "DURATION",
      help: "SIGKILL follows after this long; 10s",
    },
    NODE_OPTION,
    JSON_OPTION,
  ],
  details: "Answers when the jobs have ended.",
  run(typed) {
    const name = valueOf(typed, "signal");
    const grace = valueOf(typed, "grace");
    const options = {
      ...(name !== undefined && { name: signalOf(name) }),
      ...(grace !== undefined && { grace: parseDuration(grace) }),
    };
    return eachJob(typed, async ({ client }, id) => {
      await client.stop(id, options);
    });
  },
};
