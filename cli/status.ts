import { type CommandSpec, hasFlag, JSON_OPTION } from "./command.ts";
import { connect } from "./connect.ts";
import { EXIT } from "./exit_codes.ts";
import { findJob } from "./find_job.ts";
import { NODE_OPTION } from "./global_options.ts";
import { printAnswer, printText } from "./print.ts";
import { renderJob } from "./render/render_job.ts";

export const command: CommandSpec = {
  name: "status",
  summary: "show a job",
  operands: "JOB",
  count: { min: 1, max: 1 },
  options: [NODE_OPTION, JSON_OPTION],
  details:
    "JOB is an id, the name of a job, the beginning of an id, or at least its last 6\n" +
    "characters.",
  async run(typed) {
    using connection = await connect(typed);
    const { client } = connection;
    const job = await client.get(await findJob(client, typed.operands[0]!));
    await (hasFlag(typed, "json")
      ? printAnswer(connection.lastAnswer())
      : printText(renderJob(job)));
    return EXIT.ok;
  },
};
