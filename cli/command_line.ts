import {
  type CommandGroup,
  commandOf,
  type CommandSpec,
  hasFlag,
} from "./command.ts";
import { COMMANDS, HIDDEN_COMMANDS } from "./commands.ts";
import { EXIT } from "./exit_codes.ts";
import { UsageError } from "./exit_error.ts";
import { parseArguments, splitCommandLine } from "./parse.ts";
import { printText } from "./print.ts";
import { reportError } from "./report_error.ts";
import { warmUpTls } from "../lib/client/warm_up.ts";

/** Runs one command; the exit code. Errors are one line on standard error. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  try {
    return await dispatch(argv);
  } catch (error) {
    return reportError(error);
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const { leading, name, rest } = splitCommandLine(argv);
  if (name === null || name === "help") return await help(leading, rest);
  if (leading.includes("-h") || leading.includes("--help")) {
    return await help(leading, [name]);
  }
  const commands = { ...COMMANDS, ...HIDDEN_COMMANDS };
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    throw new UsageError(`"${name}" is not a command: see \`worker help\``);
  }
  if (entry.kind === "commander") {
    const { runCommander } = await import("./run_commander.ts");
    // What stands before the group is its command's: the group has no options of its own.
    return await runCommander(await entry.load(), [
      ...rest.slice(0, 1),
      ...leading,
      ...rest.slice(1),
    ]);
  }
  if (entry.kind === "group") {
    warmUpTls();
    return await dispatchGroup(name, await entry.load(), { leading, rest });
  }
  if (entry.connects) warmUpTls();
  const { command } = await entry.load();
  return await runCommand(command, [...leading, ...rest]);
}

async function dispatchGroup(
  name: string,
  { group }: { group: CommandGroup },
  { leading, rest }: { leading: string[]; rest: string[] },
): Promise<number> {
  const split = splitCommandLine(rest);
  const command = commandOf(group, split.name);
  if (command !== undefined) {
    return await runCommand(command, [
      ...leading,
      ...split.leading,
      ...split.rest,
    ]);
  }
  if (split.leading.includes("-h") || split.leading.includes("--help")) {
    return await help([], [name]);
  }
  const otherwise = commandOf(group, group.otherwise ?? null);
  if (otherwise !== undefined) {
    return await runCommand(otherwise, [...leading, ...rest]);
  }
  throw new UsageError(
    split.name === null
      ? `"worker ${name}" needs a command: see \`worker ${name} --help\``
      : `"${name} ${split.name}" is not a command: see \`worker ${name} --help\``,
  );
}

async function runCommand(
  command: CommandSpec,
  argv: readonly string[],
): Promise<number> {
  const typed = parseArguments(argv, command);
  if (hasFlag(typed, "help")) return await help([], command.name.split(" "));
  return await command.run(typed);
}

async function help(leading: string[], topic: string[]): Promise<number> {
  const asked = topic[0] ?? leading.at(-1);
  if (asked === "--version" || asked === "-V") {
    const { command } = await import("./version.ts");
    return await command.run({ values: new Map(), operands: [] });
  }
  const { helpText } = await import("./help/help.ts");
  if (topic.length === 0 && !/^(?:-h|--help)?$/.test(asked ?? "")) {
    throw new UsageError(`no command after "${asked}": see \`worker help\``);
  }
  await printText(await helpText(topic));
  return EXIT.ok;
}
