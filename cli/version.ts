import { VERSION } from "../lib/version.ts";
import { type CommandSpec, hasFlag, JSON_OPTION } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { printText } from "./print.ts";

export const command: CommandSpec = {
  name: "version",
  summary: "print the version",
  operands: "",
  count: { min: 0, max: 0 },
  options: [{ ...JSON_OPTION, help: "as JSON" }],
  async run(typed) {
    const json = hasFlag(typed, "json");
    await printText(
      json
        ? JSON.stringify({ version: VERSION, runtime: Deno.version.deno }) +
          "\n"
        : `worker ${VERSION}\n`,
    );
    return EXIT.ok;
  },
};
