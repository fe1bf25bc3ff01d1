import type { CommandGroup, CommandSpec, OptionSpec } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { pageOfCommander } from "./commander_page.ts";
import { GLOBAL_OPTIONS, HELP_OPTION } from "../global_options.ts";

export const PROGRAM_SUMMARY = "run commands on Linux hosts, over mutual TLS";

/** What stands behind the options of a command. */
export interface Operand {
  /** As help shows it: `JOB`, or its values, `bash|zsh|fish`. */
  name: string;
  help: string;
  optional: boolean;
  /** May be given more than once. */
  repeat: boolean;
}

/** What can be told of a command: help, completions and the man page are all made from this. */
export interface CommandPage {
  /** What is typed behind `worker`: `["certs", "issue"]`. */
  words: readonly string[];
  /** A few words. */
  summary: string;
  /** Paragraphs; empty when the summary says it all. */
  details: string;
  operands: readonly Operand[];
  /** Its own, and `--help`. */
  options: readonly OptionSpec[];
  /** The first operand is a command line, with options of its own. */
  passThrough: boolean;
  /** Takes {@linkcode GLOBAL_OPTIONS}. */
  connects: boolean;
  commands: readonly CommandPage[];
}

/** The page of a command by its name, or null when there is none. */
export async function commandPage(name: string): Promise<CommandPage | null> {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) return null;
  if (entry.kind === "commander") {
    return { ...pageOfCommander(await entry.load()), summary: entry.summary };
  }
  if (entry.kind === "group") {
    return pageOfGroup(name, (await entry.load()).group);
  }
  const { command } = await entry.load();
  return pageOf(command, entry);
}

function pageOf(
  command: CommandSpec,
  { connects }: { connects: boolean },
): CommandPage {
  return {
    words: command.name.split(" "),
    summary: command.summary,
    details: command.details ?? "",
    operands: operandsOf(command.operands),
    options: [...command.options, HELP_OPTION],
    passThrough: command.passThrough ?? false,
    connects,
    commands: [],
  };
}

function pageOfGroup(name: string, group: CommandGroup): CommandPage {
  return {
    words: [name],
    summary: group.summary,
    details: group.details ?? "",
    operands: [],
    options: [HELP_OPTION],
    passThrough: false,
    connects: true,
    commands: group.commands.map((one) => pageOf(one, { connects: true })),
  };
}

/** The page of a command and its sub-command; null when there is none. */
export async function findPage(
  words: readonly string[],
): Promise<CommandPage | null> {
  const [name, ...rest] = words;
  let page = name === undefined ? null : await commandPage(name);
  for (const word of rest) {
    page = page?.commands.find((one) => one.words.at(-1) === word) ?? null;
  }
  return page;
}

/** The page of the whole program, every command below it. */
export async function programPage(): Promise<CommandPage> {
  const pages = await Promise.all(Object.keys(COMMANDS).map(commandPage));
  return {
    words: [],
    summary: PROGRAM_SUMMARY,
    details: "",
    operands: [],
    options: [HELP_OPTION],
    passThrough: false,
    connects: true,
    commands: pages.filter((page) => page !== null),
  };
}

/** All options of a command, as they may be typed. */
export function optionsOf(page: CommandPage): readonly OptionSpec[] {
  return page.connects ? [...page.options, ...GLOBAL_OPTIONS] : page.options;
}

/** `CMD [ARG…]` as operands. */
function operandsOf(text: string): Operand[] {
  return text.split(" ").filter(Boolean).map((word) => ({
    name: word.replaceAll(/[[\]…]/g, ""),
    help: "",
    optional: word.startsWith("["),
    repeat: word.includes("…"),
  }));
}
