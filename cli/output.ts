import type { OutputOptions } from "../lib/api/job_service.ts";
import { attach } from "./attach.ts";
import {
  type CommandSpec,
  hasFlag,
  JSON_OPTION,
  type ParsedArguments,
  valueOf,
} from "./command.ts";
import { connect } from "./connect.ts";
import { countOf } from "./render/count.ts";
import { EXIT } from "./exit_codes.ts";
import { UsageError } from "./exit_error.ts";
import { findJob } from "./find_job.ts";
import { NODE_OPTION } from "./global_options.ts";
import { tellEnd } from "./tell_end.ts";

export const command: CommandSpec = {
  name: "output",
  summary: "print what a job printed",
  operands: "JOB",
  count: { min: 1, max: 1 },
  options: [
    { name: "follow", short: "f", help: "go on until the job ends" },
    { name: "from", value: "OFFSET", help: "begin at this byte" },
    { name: "tail", short: "n", value: "N", help: "begin at the last N lines" },
    { name: "stream", value: "stdout|stderr", help: "this stream only" },
    NODE_OPTION,
    { ...JSON_OPTION, help: "print NDJSON records as the server sent them" },
  ],
  details:
    "What the job wrote to standard output and error goes to ours. With -f the exit\n" +
    "code is the job's; without, it is 0.",
  async run(typed) {
    const output = outputOptions(typed);
    using connection = await connect(typed);
    const { client } = connection;
    const id = await findJob(client, typed.operands[0]!);
    const json = hasFlag(typed, "json");
    const end = await attach({ client, id: () => id, output, json });
    return end === null || !output.follow ? EXIT.ok : await tellEnd(end.exit);
  },
};

function outputOptions(typed: ParsedArguments): OutputOptions {
  const stream = valueOf(typed, "stream");
  if (stream !== undefined && stream !== "stdout" && stream !== "stderr") {
    throw new UsageError(`"${stream}" is not a stream: stdout or stderr`);
  }
  const from = countOf(typed, "from");
  const tail = countOf(typed, "tail");
  return {
    follow: hasFlag(typed, "follow"),
    ...(from !== undefined && { from }),
    ...(tail !== undefined && { tail }),
    ...(stream !== undefined && { stream }),
  };
}
