import { delay } from "../lib/client/delay.ts";
import { type CommandSpec, hasFlag, JSON_OPTION } from "./command.ts";
import { connect, type Connection } from "./connect.ts";
import { countOf } from "./render/count.ts";
import { EXIT } from "./exit_codes.ts";
import { NODE_OPTION } from "./global_options.ts";
import { printAnswer, printText } from "./print.ts";
import { renderTop, type Sample } from "./render/render_top.ts";
import { onScreen } from "./terminal.ts";

const INTERVAL_MS = 1_000;

export const command: CommandSpec = {
  name: "top",
  summary: "what running jobs use",
  operands: "",
  count: { min: 0, max: 0 },
  options: [
    { name: "count", short: "n", value: "N", help: "look N times, then stop" },
    NODE_OPTION,
    JSON_OPTION,
  ],
  details:
    "Looks each second; once when standard output is not a terminal. CPU% is of one\n" +
    'CPU, since the look before, or since the start of the job. "-" is what the host\n' +
    "can't say: it needs cgroup v2.",
  async run(typed) {
    const count = countOf(typed, "count", { min: 1 }) ??
      (Deno.stdout.isTerminal() ? Infinity : 1);
    using connection = await connect(typed);
    let before: Sample | null = null;
    for (let look = 1;; look++) {
      before = await show(connection, { before, json: hasFlag(typed, "json") });
      if (look >= count) return EXIT.ok;
      await delay(INTERVAL_MS);
    }
  },
};

async function show(
  { client, lastAnswer }: Connection,
  { before, json }: { before: Sample | null; json: boolean },
): Promise<Sample> {
  const jobs = await client.list({ state: ["running", "stopping"] });
  const sample = { at: Date.now(), jobs };
  if (json) {
    await printAnswer(lastAnswer());
  } else if (Deno.stdout.isTerminal()) {
    const { columns: width, rows } = Deno.consoleSize();
    const text = renderTop(sample, { before, width, height: rows - 1 });
    await printText(onScreen(text, before === null));
  } else {
    const blank = before === null ? "" : "\n";
    await printText(blank + renderTop(sample, { before }));
  }
  return sample;
}
