import type { CommandSpec, OptionSpec } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import {
  bashCompletions,
  type CompletionTable,
  fishCompletions,
  zshCompletions,
} from "./completion_scripts.ts";
import { EXIT } from "./exit_codes.ts";
import { UsageError } from "./exit_error.ts";
import { GLOBAL_OPTIONS, HELP_OPTION } from "./global_options.ts";
import { printText } from "./print.ts";

const SHELLS: Record<string, (table: CompletionTable) => string> = {
  bash: bashCompletions,
  zsh: zshCompletions,
  fish: fishCompletions,
};

export const command: CommandSpec = {
  name: "completions",
  summary: "print completions for a shell",
  operands: "bash|zsh|fish",
  count: { min: 1, max: 1 },
  options: [],
  details:
    "For bash: `. <(worker completions bash)` in ~/.bashrc; the same for zsh.\n" +
    "For fish: `worker completions fish > ~/.config/fish/completions/worker.fish`.",
  async run(typed) {
    const shell = typed.operands[0]!;
    const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (script === undefined) {
      throw new UsageError(
        `"${shell}" is not a shell that is known here: bash, zsh or fish`,
      );
    }
    await printText(script(await completionTable()));
    return EXIT.ok;
  },
};

async function completionTable(): Promise<CompletionTable> {
  const names = Object.keys(COMMANDS);
  return await Promise.all(names.map(async (name) => {
    const entry = COMMANDS[name]!;
    if (entry.kind === "own") {
      const { command } = await entry.load();
      const options = [...command.options, ...GLOBAL_OPTIONS, HELP_OPTION];
      const takesJob = command.operands.startsWith("JOB");
      return { name, summary: entry.summary, options, takesJob, words: [] };
    }
    const { commands, options } = await entry.load();
    return {
      name,
      summary: entry.summary,
      options: options.filter(({ long }) => long).map((option): OptionSpec => ({
        name: option.long!.replace(/^--/, ""),
        help: option.description,
        ...((option.required || option.optional) && { value: "VALUE" }),
      })),
      takesJob: false,
      words: commands.map((one) => one.name()),
    };
  }));
}
