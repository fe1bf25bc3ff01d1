import type { CommandSpec } from "./command.ts";
import { commandPage } from "./help/command_page.ts";
import { EXIT } from "./exit_codes.ts";
import { UsageError } from "./exit_error.ts";
import { commandManPage, programManPage } from "./help/man_page.ts";
import { printText } from "./print.ts";

export const command: CommandSpec = {
  name: "man",
  summary: "print the manual page",
  operands: "[COMMAND]",
  count: { min: 0, max: 1 },
  options: [],
  details:
    "For man(1): `worker man run | man -l -`. `worker install` installs all pages.",
  async run(typed) {
    const [name] = typed.operands;
    if (name === undefined) {
      await printText(await programManPage());
      return EXIT.ok;
    }
    const page = await commandPage(name);
    if (page === null) {
      throw new UsageError(`"${name}" is not a command: see \`worker help\``);
    }
    await printText(commandManPage(page));
    return EXIT.ok;
  },
};
