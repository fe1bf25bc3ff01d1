import { Command, CommanderError } from "commander";
import { EXIT } from "./exit_codes.ts";
import { UsageError } from "./exit_error.ts";
import { pageOfCommander } from "./help/commander_page.ts";
import { pageText } from "./help/help.ts";

/** Runs a command that commander parses, with errors and exit codes like every other one. */
export async function runCommander(
  command: Command,
  argv: readonly string[],
): Promise<number> {
  // Below a parent, so that its help says how it is typed.
  const program = new Command("worker").addCommand(command);
  prepare(program);
  showHelp(command);
  try {
    await program.parseAsync([command.name(), ...argv], { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === "commander.help") {
      return error.exitCode;
    }
    throw new UsageError(error.message.replace(/^error: /, ""), {
      cause: error,
    });
  }
}

/** Errors are thrown, not printed; sub-commands inherit nothing of this by themselves. */
function prepare(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => {} });
  command.commands.forEach((one) => prepare(one));
}

/** Help looks the same whoever parses the command. */
function showHelp(command: Command, above: readonly string[] = []): void {
  command.configureHelp({
    formatHelp: () => pageText(pageOfCommander(command, above)),
  });
  for (const one of command.commands) showHelp(one, [...above, command.name()]);
}
