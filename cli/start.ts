import { attach } from "./attach.ts";
import { type CommandSpec, hasFlag, JSON_OPTION } from "./command.ts";
import { connect } from "./connect.ts";
import { EXIT } from "./exit_codes.ts";
import { NODE_OPTION } from "./global_options.ts";
import { JOB_OPTIONS, jobRequest } from "./job_options.ts";
import { printAnswer, printHint, printText } from "./print.ts";
import { tellEnd } from "./tell_end.ts";

export const command: CommandSpec = {
  name: "start",
  summary: "start a command, print its job id",
  operands: "CMD [ARG…]",
  count: { min: 1 },
  passThrough: true,
  options: [
    {
      name: "listen",
      short: "l",
      help: "print its output until it ends; the id goes to standard error",
    },
    NODE_OPTION,
    JSON_OPTION,
    ...JOB_OPTIONS,
  ],
  details:
    "Options after CMD belong to CMD. The job goes on whatever happens here: with -l,\n" +
    "Ctrl-C ends the listening only, and the exit code is the command's.",
  async run(typed) {
    const json = hasFlag(typed, "json");
    using connection = await connect(typed);
    const { client } = connection;
    const { id } = await client.start(jobRequest(typed));
    if (json) await printAnswer(connection.lastAnswer());
    if (!hasFlag(typed, "listen")) {
      if (!json) await printText(id + "\n");
      return EXIT.ok;
    }
    if (!json) await printHint(`job ${id}`);
    const output = { follow: true };
    const end = await attach({ client, id: () => id, output, json });
    return end === null ? EXIT.lost : await tellEnd(end.exit);
  },
};
