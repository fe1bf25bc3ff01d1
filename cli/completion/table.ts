import { JOB_STATES } from "../../lib/api/job_states.ts";
import { SIGNAL_NAMES } from "../../lib/api/signals.ts";
import type { OptionSpec } from "../command.ts";
import {
  type CommandPage,
  optionsOf,
  programPage,
} from "../help/command_page.ts";

/** What a word can be completed to. */
export type Candidates =
  | { kind: "files" | "folders" | "jobs" | "nodes" | "programs" | "nothing" }
  | { kind: "words"; words: readonly string[] };

/** What can be typed at one place of the command line. */
export interface CompletionRow {
  /** Words up to here: `worker`, `worker certs issue`. */
  place: string;
  commands: readonly { name: string; summary: string }[];
  /** Options with what they are for. */
  options: readonly { name: string; help: string }[];
  /** Options that take a value, by each way to type them (`--tail`, `-n`). */
  values: ReadonlyMap<string, Candidates>;
  /** Operands in order. */
  operands: readonly Candidates[];
  /** Further operands are like the last one. */
  repeats: boolean;
  /** Behind the first operand everything is that operand's own. */
  passThrough: boolean;
}

/** Every place of the command line. */
export async function completionTable(): Promise<CompletionRow[]> {
  const rows = (page: CommandPage): CompletionRow[] => [
    rowOf(page),
    ...page.commands.flatMap(rows),
  ];
  return rows(await programPage());
}

function rowOf(page: CommandPage): CompletionRow {
  const options = optionsOf(page);
  return {
    place: ["worker", ...page.words].join(" "),
    commands: page.commands.map(({ words, summary }) => ({
      name: words.at(-1)!,
      summary,
    })),
    options: options.map(({ name, help }) => ({ name: `--${name}`, help })),
    values: new Map(options.flatMap(valuesOf)),
    operands: page.operands.map(({ name }) => candidatesOf(name)),
    repeats: page.operands.at(-1)?.repeat ?? false,
    passThrough: page.passThrough,
  };
}

function valuesOf(option: OptionSpec): [string, Candidates][] {
  if (option.value === undefined) return [];
  const candidates: Candidates = option.choices
    ? { kind: "words", words: option.choices }
    : candidatesOf(option.value);
  const typed = [
    `--${option.name}`,
    ...option.short ? [`-${option.short}`] : [],
  ];
  return typed.map((name) => [name, candidates]);
}

/** By the placeholder that help shows. */
function candidatesOf(placeholder: string): Candidates {
  // `stdout|stderr`: the values themselves.
  if (/^[a-z\d]+(?:\|[a-z\d]+)*$/.test(placeholder)) {
    return { kind: "words", words: placeholder.split("|") };
  }
  switch (placeholder) {
    case "FILE":
      return { kind: "files" };
    case "DIR":
      return { kind: "folders" };
    case "JOB":
      return { kind: "jobs" };
    case "NODE":
    case "SELECTOR":
      return { kind: "nodes" };
    case "CMD":
      return { kind: "programs" };
    case "STATE":
      return { kind: "words", words: JOB_STATES };
    case "SIGNAL":
      return { kind: "words", words: SIGNAL_NAMES };
    default:
      return { kind: "nothing" };
  }
}

/** Lists the ids of jobs, and gives up on a server that does not answer. */
export const LIST_JOBS = "timeout 3 worker ls --quiet 2>/dev/null";

/** The same of nodes, by name. */
export const LIST_NODES = "timeout 3 worker nodes ls --quiet 2>/dev/null";

/** The candidates of everything that takes a value or is an operand, by `PLACE OPTION` or `PLACE 0`. */
export function candidatesByPlace(
  table: readonly CompletionRow[],
): [string, string][] {
  return table.flatMap((row): [string, string][] => [
    ...[...row.values].map(([option, candidates]): [string, string] => [
      `${row.place} ${option}`,
      codeOf(candidates),
    ]),
    ...row.operands.map((candidates, at): [string, string] => [
      `${row.place} ${at}`,
      codeOf(candidates),
    ]),
    ...row.repeats
      ? [[`${row.place} *`, codeOf(row.operands.at(-1)!)] as [string, string]]
      : [],
    ...row.passThrough ? [[`${row.place} +`, "pass"] as [string, string]] : [],
  ]);
}

/** `@files`, or the words. */
function codeOf(candidates: Candidates): string {
  return candidates.kind === "words"
    ? candidates.words.join(" ")
    : `@${candidates.kind}`;
}

/** In single quotes, for each of the shells; of a text of our own, so apostrophes may go. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "’").replaceAll(/\s+/g, " ")}'`;
}
