import type { OptionSpec } from "../command.ts";
import {
  type CommandPage,
  findPage,
  optionsOf,
  PROGRAM_SUMMARY,
} from "./command_page.ts";
import { COMMANDS } from "../commands.ts";
import { UsageError } from "../exit_error.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import { sections, table, wrap } from "./text_layout.ts";

/** Columns; details come in shorter lines, but those of the commands that commander parses. */
const WIDTH = 80;

/** The help of a command, of a sub-command, or of all of them. */
export async function helpText(
  topic: readonly string[] = [],
): Promise<string> {
  if (topic.length === 0) return overview();
  const page = await findPage(topic);
  if (page === null) {
    throw new UsageError(
      `"${topic.join(" ")}" is not a command: see \`worker help\``,
    );
  }
  return pageText(page);
}

/** The help of one command. */
export function pageText(page: CommandPage): string {
  const { operands, commands, details } = page;
  return sections([
    wrap(`${usageOf(page)}: ${page.summary}`, WIDTH),
    details === page.summary
      ? []
      : details.split("\n").flatMap((line) => wrap(line, WIDTH)),
    table(
      operands.filter(({ help }) => help).map(({ name, help }) => [name, help]),
    ),
    table(commands.map((one) => [usageOf(one, 1), one.summary])),
    table(optionsOf(page).map(optionRow)),
  ]);
}

function optionRow(option: OptionSpec): [string, string] {
  const indent = option.short ? "" : "    ";
  return [indent + optionUsage(option), optionHelp(option)];
}

function valueOf(option: OptionSpec): string {
  if (option.value !== undefined) return ` ${option.value}`;
  return option.switch ? "[=false]" : "";
}

/** `worker certs issue [options] NAME`; without the first `skip` words. */
export function usageOf(page: CommandPage, skip = 0): string {
  const operands = page.operands.map(({ name, optional, repeat }) => {
    const text = name + (repeat ? "…" : "");
    return optional ? `[${text}]` : text;
  });
  const command = page.commands.length > 0 ? ["COMMAND"] : [];
  const words = ["worker", ...page.words].slice(skip && page.words.length);
  const options = skip > 0 ? [] : ["[options]"];
  return [...words, ...options, ...command, ...operands].join(" ");
}

/** How an option is typed: `-f, --follow FILE`. */
export function optionUsage(option: OptionSpec): string {
  const short = option.short ? `-${option.short}, ` : "";
  return `${short}--${option.name}${valueOf(option)}`;
}

/** What an option does, with what it takes. */
export function optionHelp(option: OptionSpec): string {
  const notes = [
    ...option.repeat ? ["may be repeated"] : [],
    ...option.choices ? [`one of ${option.choices.join(", ")}`] : [],
    ...option.default === undefined ? [] : [`default: ${option.default}`],
  ];
  return option.help + (notes.length > 0 ? ` (${notes.join("; ")})` : "");
}

/** Of no command's own module: it is printed at once. */
function overview(): string {
  const commands = Object.entries(COMMANDS);
  return sections([
    [`worker: ${PROGRAM_SUMMARY}`],
    ["Usage: worker [options] COMMAND …"],
    table(commands.map(([name, { summary }]) => [name, summary])),
    [
      "Options of every command that talks to a server:",
      ...table(GLOBAL_OPTIONS.map(optionRow)),
    ],
    ["`worker COMMAND --help` tells more."],
  ]);
}
