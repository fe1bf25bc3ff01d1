import type { OptionSpec } from "../command.ts";
import { type CommandPage, programPage } from "./command_page.ts";
import { EXIT, EXIT_OF_ERROR } from "../exit_codes.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import { optionHelp, optionUsage } from "./help.ts";
import { VERSION } from "../../lib/version.ts";

/** Exit codes that every command shares, for people. */
const EXIT_STATUS: readonly (readonly [number, string])[] = [
  [EXIT.ok, "it was done"],
  [EXIT.failed, "a part of it could not be done"],
  [EXIT.usage, "the command line, or a value in it, is wrong"],
  [EXIT_OF_ERROR.UNSUPPORTED, "the host cannot do that"],
  [EXIT_OF_ERROR.RESOURCE_EXHAUSTED, "no room on the server"],
  [EXIT_OF_ERROR.CONFLICT, "it does not fit the present state"],
  [EXIT_OF_ERROR.NOT_FOUND, "there is no such thing"],
  [EXIT.timedOut, "the job ran out of time"],
  [EXIT_OF_ERROR.INTERNAL, "the server failed"],
  [EXIT_OF_ERROR.PERMISSION_DENIED, "not allowed, or not executable"],
  [EXIT_OF_ERROR.COMMAND_NOT_FOUND, "there is no such command on the host"],
  [EXIT.lost, "the job ended in a way that nobody saw"],
  [EXIT.connection, "the connection and not the command failed"],
];

const FILES: readonly (readonly [string, string])[] = [
  ["/etc/worker/worker.yaml", "settings of the server"],
  ["/var/lib/worker", "state of a server that runs as root"],
  ["~/.config/worker/profile.json", "the server that the client talks to"],
];

/** The page of a command, for man(7): `worker-certs(1)`, with its sub-commands. */
export function commandManPage(page: CommandPage): string {
  const name = ["worker", ...page.words].join("-");
  return roff([
    title(name),
    ".SH NAME",
    `${text(name)} \\- ${text(page.summary)}`,
    ".SH SYNOPSIS",
    ...synopsis(page),
    ...page.details === "" ? [] : [".SH DESCRIPTION", ...prose(page.details)],
    ...operandLines(page),
    ".SH OPTIONS",
    ...page.options.flatMap(optionLines),
    ...page.commands.length > 0 ? [".SH COMMANDS"] : [],
    ...page.commands.flatMap(subcommandLines),
    ...page.connects
      ? [
        ".SH OPTIONS THAT NAME THE SERVER",
        ...GLOBAL_OPTIONS.flatMap(optionLines),
      ]
      : [],
    ".SH SEE ALSO",
    ".BR worker (1)",
  ]);
}

/** `worker(1)`: what there is, and what holds for every command. */
export async function programManPage(): Promise<string> {
  const page = await programPage();
  const entry = ([term, help]: readonly [string, string]) => [
    ".TP",
    `.B ${text(term)}`,
    text(help),
  ];
  return roff([
    title("worker"),
    ".SH NAME",
    `worker \\- ${text(page.summary)}`,
    ".SH SYNOPSIS",
    ".B worker",
    ".RI [ options ]",
    ".I COMMAND",
    "\\&...",
    ".SH COMMANDS",
    "Each has a page of its own:",
    ".BR worker\\-run (1)",
    "for",
    '.BR "worker run" .',
    ...page.commands.flatMap(({ words, summary }) =>
      entry([words.join(" "), summary])
    ),
    ".SH OPTIONS",
    "Of every command that talks to a server. What is not given comes from the",
    "environment, else from the profile.",
    ...GLOBAL_OPTIONS.flatMap(optionLines),
    ".SH EXIT STATUS",
    "Commands that wait for a job exit like the job, with 128+n when signal n",
    "ended it.",
    ...EXIT_STATUS.flatMap(([code, help]) => entry([String(code), help])),
    ".SH FILES",
    ...FILES.flatMap(entry),
    ".SH SEE ALSO",
    ...page.commands.map(({ words }, at) =>
      `.BR ${text(["worker", ...words].join("-"))} (1)${
        at < page.commands.length - 1 ? " ," : ""
      }`
    ),
  ]);
}

/** All pages by their file names: `worker.1`, `worker-run.1`. */
export async function manPages(): Promise<Map<string, string>> {
  const { commands } = await programPage();
  return new Map([
    ["worker.1", await programManPage()],
    ...commands.map((page): [string, string] => [
      `worker-${page.words.join("-")}.1`,
      commandManPage(page),
    ]),
  ]);
}

function title(name: string): string {
  return `.TH ${text(name.toUpperCase())} 1 "" "worker ${
    text(VERSION)
  }" "worker"`;
}

function synopsis(page: CommandPage): string[] {
  const operands = page.operands.map(({ name, optional, repeat }) => {
    const more = repeat ? "..." : "";
    return optional
      ? `.RI [ ${text(name)} ]${more}`
      : `.IR ${text(name)}${more && ` ${more}`}`;
  });
  return [
    `.B ${text(["worker", ...page.words].join(" "))}`,
    ".RI [ options ]",
    ...page.commands.length > 0 ? [".I COMMAND"] : [],
    ...operands,
  ];
}

function subcommandLines(page: CommandPage): string[] {
  return [
    `.SS ${text(page.words.slice(1).join(" "))}`,
    ...synopsis(page),
    ".PP",
    ...prose(page.details || page.summary),
    ...page.operands.filter(({ help }) => help).flatMap((operand) =>
      definition(`.I ${text(operand.name)}`, operand.help)
    ),
    ...page.options.flatMap(optionLines),
  ];
}

function operandLines({ operands }: CommandPage): string[] {
  const explained = operands.filter(({ help }) => help);
  if (explained.length === 0) return [];
  return [
    ".SH OPERANDS",
    ...explained.flatMap(({ name, help }) =>
      definition(`.I ${text(name)}`, help)
    ),
  ];
}

function optionLines(option: OptionSpec): string[] {
  return definition(`.B ${text(optionUsage(option))}`, optionHelp(option));
}

function definition(term: string, help: string): string[] {
  return [".TP", term, text(help)];
}

/** Paragraphs, one word of roff a line. */
function prose(paragraphs: string): string[] {
  return paragraphs.split("\n").flatMap((line) =>
    line === "" ? [".PP"] : [text(line)]
  );
}

/** Text that roff takes as it is: no escapes, no requests, hyphens that can be copied. */
function text(plain: string): string {
  const escaped = plain.replaceAll("\\", "\\e").replaceAll("-", "\\-")
    .replaceAll("…", "...").replaceAll("^", "\\(ha").replaceAll("~", "\\(ti")
    .replaceAll("`", "\\(ga").replaceAll("'", "\\(aq");
  return /^[.]/.test(escaped) ? `\\&${escaped}` : escaped;
}

function roff(lines: readonly string[]): string {
  return lines.join("\n") + "\n";
}
