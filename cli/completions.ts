import type { CommandSpec } from "./command.ts";
import { bashCompletions } from "./completion/bash.ts";
import { fishCompletions } from "./completion/fish.ts";
import { type CompletionRow, completionTable } from "./completion/table.ts";
import { zshCompletions } from "./completion/zsh.ts";
import { EXIT } from "./exit_codes.ts";
import { UsageError } from "./exit_error.ts";
import { printText } from "./print.ts";

/** A shell that there are completions for. */
export type Shell = "bash" | "zsh" | "fish";

const SHELLS: Record<Shell, (table: readonly CompletionRow[]) => string> = {
  bash: bashCompletions,
  zsh: zshCompletions,
  fish: fishCompletions,
};

/** The script that a shell reads. */
export async function completionScript(shell: Shell): Promise<string> {
  return SHELLS[shell](await completionTable());
}

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
    if (!isShell(shell)) {
      throw new UsageError(
        `"${shell}" is not a shell that is known here: bash, zsh or fish`,
      );
    }
    await printText(await completionScript(shell));
    return EXIT.ok;
  },
};

function isShell(text: string): text is Shell {
  return Object.hasOwn(SHELLS, text);
}
