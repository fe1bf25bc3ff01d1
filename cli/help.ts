import type { CommandSpec, OptionSpec } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { UsageError } from "./exit_error.ts";
import { GLOBAL_OPTIONS, HELP_OPTION } from "./global_options.ts";

/** The help of a command, or of all of them. */
export async function helpText(topic?: string): Promise<string> {
  if (topic === undefined) return overview();
  const entry = Object.hasOwn(COMMANDS, topic) ? COMMANDS[topic] : undefined;
  if (entry === undefined) {
    throw new UsageError(`"${topic}" is not a command: see \`worker help\``);
  }
  if (entry.kind === "commander") {
    const command = await entry.load();
    return command.name(`worker ${command.name()}`).helpInformation();
  }
  return commandHelp((await entry.load()).command);
}

function overview(): string {
  const commands = Object.entries(COMMANDS);
  return [
    "worker: run commands on a Linux host, over mutual TLS",
    "",
    "Usage: worker [options] COMMAND …",
    "",
    ...table(commands.map(([name, { summary }]) => [name, summary])),
    "",
    "Options of every command that talks to a server:",
    ...table(GLOBAL_OPTIONS.map(optionRow)),
    "",
    "`worker COMMAND --help` tells more.",
    "",
  ].join("\n");
}

function commandHelp(command: CommandSpec): string {
  const usage = ["worker", command.name, "[options]", command.operands];
  return [
    `${usage.join(" ").trimEnd()}: ${command.summary}`,
    ...(command.details ? ["", command.details] : []),
    "",
    ...table([...command.options, ...GLOBAL_OPTIONS, HELP_OPTION].map(
      optionRow,
    )),
    "",
  ].join("\n");
}

function optionRow(option: OptionSpec): [string, string] {
  const short = option.short ? `-${option.short}, ` : "    ";
  const value = option.value
    ? ` ${option.value}`
    : option.switch
    ? "[=false]"
    : "";
  const more = option.repeat ? " (may be repeated)" : "";
  return [`${short}--${option.name}${value}`, option.help + more];
}

function table(rows: [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
