import { type CommandSpec, hasFlag, JSON_OPTION } from "./command.ts";
import { connect } from "./connect.ts";
import { EXIT } from "./exit_codes.ts";
import { UsageError } from "./exit_error.ts";
import { FAN_OUT_OPTIONS, fanOutWishes } from "./fan_out/options.ts";
import { NODE_OPTION } from "./global_options.ts";
import { asPipe, JOB_OPTIONS, jobRequest } from "./job_options.ts";
import { printAnswer, printText } from "./print.ts";
import { runJob } from "./run_job.ts";

export const command: CommandSpec = {
  name: "run",
  summary: "run a command and stay with it",
  operands: "CMD [ARG…]",
  count: { min: 1 },
  passThrough: true,
  options: [
    { name: "interactive", short: "i", help: "send it standard input" },
    { name: "detach", short: "d", help: "print its job id and leave it" },
    NODE_OPTION,
    JSON_OPTION,
    ...FAN_OUT_OPTIONS,
    ...JOB_OPTIONS,
  ],
  details:
    "Options after CMD belong to CMD. There is no shell: `worker run sh -c '…'` has\n" +
    "one. Exits like the command, with 128+n when signal n ended it, and with 255\n" +
    "when the connection and not the command failed. Signals are forwarded; a second\n" +
    "one kills.\n\n" +
    "With --on it runs on every node that fits one of the SELECTORs: a name, a label\n" +
    "as `env=prod`, several with commas for nodes that fit all of them, `*` for\n" +
    "anything, or `all`. Lines of output begin with their node's name, a table on\n" +
    "standard error tells how it ended, and the exit code is the highest. With\n" +
    "--json the records have a field `node`.",
  async run(typed) {
    const interactive = hasFlag(typed, "interactive");
    const detach = hasFlag(typed, "detach");
    const json = hasFlag(typed, "json");
    if (interactive && detach) {
      throw new UsageError('"--interactive" and "--detach" exclude each other');
    }
    const wishes = fanOutWishes(typed);
    if (wishes !== null) {
      const { runOn } = await import("./fan_out/run_on.ts");
      return await runOn(typed, wishes);
    }
    const request = jobRequest(typed);
    using connection = await connect(typed);
    if (!detach) {
      return await runJob(connection.client, {
        request: asPipe(request, typed),
        json,
        interactive,
      });
    }
    const { id } = await connection.client.start(request);
    await (json ? printAnswer(connection.lastAnswer()) : printText(id + "\n"));
    return EXIT.ok;
  },
};
