import type { JobState } from "../lib/api/job.ts";
import type { JobFilter } from "../lib/api/job_service.ts";
import {
  type CommandSpec,
  hasFlag,
  JSON_OPTION,
  type ParsedArguments,
  valueOf,
  valuesOf,
} from "./command.ts";
import { connect } from "./connect.ts";
import { countOf } from "./render/count.ts";
import { EXIT } from "./exit_codes.ts";
import { NODE_OPTION } from "./global_options.ts";
import { labels } from "./job_options.ts";
import { printAnswer, printText } from "./print.ts";
import { renderJobs } from "./render/render_jobs.ts";
import { terminalWidth } from "./terminal.ts";

export const command: CommandSpec = {
  name: "ls",
  summary: "list jobs",
  operands: "",
  count: { min: 0, max: 0 },
  options: [
    {
      name: "state",
      value: "STATE",
      repeat: true,
      help: "in this state; or `running,stopping`",
    },
    { name: "owner", value: "NAME", help: "of this owner" },
    { name: "label", value: "K=V", repeat: true, help: "with this label" },
    { name: "limit", value: "N", help: "at most so many" },
    { name: "after", value: "JOB", help: "created after the job of this id" },
    { name: "quiet", short: "q", help: "ids only" },
    NODE_OPTION,
    JSON_OPTION,
  ],
  details: "Oldest first. Without options: every job that you may see.",
  async run(typed) {
    const filter = jobFilter(typed);
    using connection = await connect(typed);
    const jobs = await connection.client.list(filter);
    if (hasFlag(typed, "json")) {
      await printAnswer(connection.lastAnswer());
    } else if (hasFlag(typed, "quiet")) {
      await printText(jobs.map(({ id }) => id + "\n").join(""));
    } else {
      await printText(renderJobs(jobs, terminalWidth()));
    }
    return EXIT.ok;
  },
};

function jobFilter(typed: ParsedArguments): JobFilter {
  const limit = countOf(typed, "limit", { min: 1 });
  const owner = valueOf(typed, "owner");
  const after = valueOf(typed, "after");
  // The server knows which states there are.
  const state = valuesOf(typed, "state").flatMap((one) => one.split(","));
  return {
    ...(state.length > 0 && { state: state as JobState[] }),
    ...(owner !== undefined && { owner }),
    ...(after !== undefined && { after }),
    ...(limit !== undefined && { limit }),
    ...(typed.values.has("label") && { labels: labels(typed) }),
  };
}
