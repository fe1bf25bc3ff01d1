import { UsageError } from "./exit_error.ts";

/** An option of a command: `--name VALUE`, or a flag when `value` is absent. */
export interface OptionSpec {
  name: string;
  /** One letter: `-f`. */
  short?: string;
  /** What the value is, for help and completion: `FILE`, `DURATION`. */
  value?: string;
  /** May be given more than once. */
  repeat?: boolean;
  /** A flag that can also be taken back: `--name=false`. */
  switch?: boolean;
  /** All values that there are. */
  choices?: readonly string[];
  /** The value when it is not given, for help. */
  default?: string;
  help: string;
}

/** What the user typed, by the command's own specification. */
export interface ParsedArguments {
  /** Values of an option in order; a flag that was given has one value, `""` unless it is a switch. */
  values: ReadonlyMap<string, readonly string[]>;
  operands: readonly string[];
}

/** One command of the command line. */
export interface CommandSpec {
  name: string;
  summary: string;
  /** Operands as help shows them, e.g. `JOB…`. */
  operands: string;
  /** How many operands there must be; `max` is unlimited when absent. */
  count: { min: number; max?: number };
  options: readonly OptionSpec[];
  /** Options after the first operand belong to the operand (a command to run). */
  passThrough?: boolean;
  /** More about the command, for its help: paragraphs of at most 80 columns. */
  details?: string;
  /** Runs it; the exit code. */
  run(typed: ParsedArguments): Promise<number>;
}

/** Commands below one name: `worker token create`. */
export interface CommandGroup {
  summary: string;
  details?: string;
  /** Each named with its words: `token create`. */
  commands: readonly CommandSpec[];
  /** The one that is meant when none is named, by its last word. @default none: it has to be named */
  otherwise?: string;
}

/** The command of a group by its last word. */
export function commandOf(
  { commands }: CommandGroup,
  word: string | null,
): CommandSpec | undefined {
  return commands.find(({ name }) => name.split(" ").at(-1) === word);
}

/** The last value of an option. */
export function valueOf(
  typed: ParsedArguments,
  name: string,
): string | undefined {
  return typed.values.get(name)?.at(-1);
}

/** Every value of an option. */
export function valuesOf(
  typed: ParsedArguments,
  name: string,
): readonly string[] {
  return typed.values.get(name) ?? [];
}

/** Whether a flag was given. */
export function hasFlag(typed: ParsedArguments, name: string): boolean {
  return typed.values.has(name);
}

/**
 * What a switch was set to; undefined when it was not given.
 *
 * @throws {UsageError} for a value that is neither true nor false.
 */
export function switchOf(
  typed: ParsedArguments,
  name: string,
): boolean | undefined {
  const value = valueOf(typed, name);
  if (value === undefined) return undefined;
  if (value === "" || value === "true") return true;
  if (value === "false") return false;
  throw new UsageError(`"${value}" is not true or false: --${name}=false`);
}

/** `--json`, on every command. */
export const JSON_OPTION: OptionSpec = {
  name: "json",
  help: "print what the server sent",
};
