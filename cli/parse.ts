import type { CommandSpec, OptionSpec, ParsedArguments } from "./command.ts";
import { UsageError } from "./exit_error.ts";
import { GLOBAL_OPTIONS, HELP_OPTION, NODE_OPTION } from "./global_options.ts";

/*
 * Commands of the client are parsed here and not by commander, which takes longer to load than a
 * whole `worker run true` may take; commands that are seldom typed (`serve`, `certs`) use it.
 */

/** What comes before the name of the command. */
export interface SplitCommandLine {
  /** Global options, as typed. */
  leading: string[];
  name: string | null;
  rest: string[];
}

/** Those that may precede the name of the command. */
const LEADING_OPTIONS = [...GLOBAL_OPTIONS, NODE_OPTION];

/** Finds the name of the command behind options that may precede it. */
export function splitCommandLine(argv: readonly string[]): SplitCommandLine {
  let at = 0;
  while (at < argv.length) {
    const argument = argv[at]!;
    if (!argument.startsWith("-") || argument === "-") break;
    const spec = LEADING_OPTIONS.find(({ name }) => argument === `--${name}`);
    at += spec?.value === undefined ? 1 : 2;
  }
  return {
    leading: argv.slice(0, at),
    name: argv[at] ?? null,
    rest: argv.slice(at + 1),
  };
}

type Specification = Pick<
  CommandSpec,
  "name" | "options" | "passThrough" | "count" | "operands"
>;

/**
 * Reads the arguments of a command. Options and operands may be mixed, `--` ends the options, and
 * with `passThrough` the first operand does.
 *
 * @throws {UsageError} for an unknown option, a missing value, or a wrong number of operands.
 */
export function parseArguments(
  argv: readonly string[],
  spec: Specification,
): ParsedArguments {
  const options = [...spec.options, ...GLOBAL_OPTIONS, HELP_OPTION];
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  const queue = [...argv];
  for (;;) {
    const argument = queue.shift();
    if (argument === undefined) break;
    if (argument === "--") {
      operands.push(...queue);
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      operands.push(argument);
      if (!spec.passThrough) continue;
      operands.push(...queue);
      break;
    }
    const read = argument.startsWith("--") ? readLong : readShort;
    read(argument, options, { queue, values, command: spec.name });
  }
  if (!values.has("help")) checkCount(operands, spec);
  return { values, operands };
}

interface Reading {
  queue: string[];
  values: Map<string, string[]>;
  command: string;
}

function readLong(
  argument: string,
  options: OptionSpec[],
  reading: Reading,
): void {
  const equals = argument.indexOf("=");
  const name = argument.slice(2, equals < 0 ? undefined : equals);
  const option = options.find((one) => one.name === name);
  if (option === undefined) throw unknown(`--${name}`, reading.command);
  const inline = equals < 0 ? undefined : argument.slice(equals + 1);
  if (option.value === undefined && inline !== undefined && !option.switch) {
    throw new UsageError(`"--${name}" takes no value`);
  }
  store(option, inline, reading);
}

/** `-f`, `-n10`, `-n 10`, `-id`. */
function readShort(
  argument: string,
  options: OptionSpec[],
  reading: Reading,
): void {
  for (let at = 1; at < argument.length; at++) {
    const option = options.find((one) => one.short === argument[at]);
    if (option === undefined) {
      throw unknown(`-${argument[at]}`, reading.command);
    }
    if (option.value !== undefined) {
      const attached = argument.slice(at + 1).replace(/^=/, "");
      return store(option, attached === "" ? undefined : attached, reading);
    }
    store(option, undefined, reading);
  }
}

function store(
  option: OptionSpec,
  inline: string | undefined,
  { queue, values }: Reading,
): void {
  const value = inline ?? (option.value === undefined ? "" : queue.shift());
  if (value === undefined) {
    throw new UsageError(`"--${option.name}" needs a value: ${option.value}`);
  }
  const before = values.get(option.name) ?? [];
  if (before.length > 0 && option.value !== undefined && !option.repeat) {
    throw new UsageError(`"--${option.name}" is given twice`);
  }
  values.set(option.name, [...before, value]);
}

function unknown(option: string, command: string): UsageError {
  return new UsageError(
    `"${option}" is not an option of "worker ${command}": see \`worker ${command} --help\``,
  );
}

function checkCount(operands: string[], spec: Specification): void {
  const { min, max = Infinity } = spec.count;
  if (operands.length >= min && operands.length <= max) return;
  const what = operands.length < min
    ? `${spec.operands} is missing`
    : `"${operands[max]}" is one argument too many`;
  throw new UsageError(`${what}: see \`worker ${spec.name} --help\``);
}
