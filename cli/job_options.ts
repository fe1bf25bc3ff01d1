import type { JobRequest } from "../lib/api/job.ts";
import {
  hasFlag,
  type OptionSpec,
  type ParsedArguments,
  valueOf,
  valuesOf,
} from "./command.ts";
import { UsageError } from "./exit_error.ts";
import { ISOLATION_OPTIONS, isolationRequest } from "./isolation_options.ts";

/** Options of `run` and `start`: what a job is. */
export const JOB_OPTIONS: readonly OptionSpec[] = [
  {
    name: "timeout",
    value: "DURATION",
    help: "stop it when it runs longer, e.g. 1h30m",
  },
  {
    name: "env",
    short: "e",
    value: "K=V",
    repeat: true,
    help: "add to its environment; K alone takes the value from yours",
  },
  { name: "cwd", value: "DIR", help: "its working directory on the host" },
  { name: "user", short: "u", value: "USER", help: "the user it runs as" },
  { name: "memory", value: "SIZE", help: "the most memory it may use" },
  { name: "cpu", value: "N", help: "CPUs it may use, e.g. 0.5" },
  { name: "pids", value: "N", help: "processes it may have" },
  {
    name: "io",
    value: "SIZE",
    help: "bytes a second it may read, and write, of each disk",
  },
  { name: "name", value: "NAME", help: "a name for people" },
  {
    name: "label",
    value: "K=V",
    repeat: true,
    help: "a label to find it by",
  },
  {
    name: "output-limit",
    value: "SIZE",
    help: "the most its output may take on disk",
  },
  { name: "checksum", help: "compute SHA-256 of its output" },
  {
    name: "start-after",
    value: "DURATION|TIME",
    help: "start it in so long, or at an RFC 3339 time",
  },
  ...ISOLATION_OPTIONS,
];

/** The job that the options and operands ask for. What is not asked for is left to the server. */
export function jobRequest(typed: ParsedArguments): JobRequest {
  const [command = "", ...args] = typed.operands;
  return {
    command,
    ...(args.length > 0 && { args }),
    ...text(typed, ["timeout", "cwd", "user", "name"]),
    ...(typed.values.has("env") && { env: environment(typed) }),
    ...(typed.values.has("label") && { labels: labels(typed) }),
    ...(typed.values.has("start-after") && {
      startAfter: valueOf(typed, "start-after"),
    }),
    ...isolationRequest(typed),
    limits: {
      ...text(typed, ["memory", "io"]),
      ...(valueOf(typed, "cpu") && { cpu: numberOf(typed, "cpu") }),
      ...(valueOf(typed, "pids") && { pids: numberOf(typed, "pids") }),
      ...(valueOf(typed, "output-limit") && {
        output: valueOf(typed, "output-limit")!,
      }),
    },
  };
}

/**
 * For a job that is a pipe to here: what is not read yet is waited for, not dropped, and nobody
 * looks at checksums unless they are asked for.
 */
export function asPipe(
  request: JobRequest,
  typed: ParsedArguments,
): JobRequest {
  const checksum = hasFlag(typed, "checksum") || hasFlag(typed, "json");
  return { ...request, overflow: "wait", checksum };
}

function text<Name extends string>(
  typed: ParsedArguments,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const given: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = valueOf(typed, name);
    if (value !== undefined) given[name] = value;
  }
  return given;
}

function numberOf(typed: ParsedArguments, name: string): number {
  const value = valueOf(typed, name)!;
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number)) {
    throw new UsageError(`"${value}" is not a number: --${name} needs one`);
  }
  return number;
}

function environment(typed: ParsedArguments): Record<string, string> {
  const pairs = valuesOf(typed, "env").map((pair): [string, string] => {
    const equals = pair.indexOf("=");
    if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)];
    const value = equals < 0 ? Deno.env.get(pair) : undefined;
    if (value !== undefined) return [pair, value];
    throw new UsageError(
      equals === 0
        ? `"${pair}" has no name: --env needs NAME=VALUE`
        : `"${pair}" is not in your environment: write --env ${pair}=VALUE`,
    );
  });
  return Object.fromEntries(pairs);
}

/** Labels as an object; also for filters. */
export function labels(typed: ParsedArguments): Record<string, string> {
  const pairs = valuesOf(typed, "label").map((pair): [string, string] => {
    const equals = pair.indexOf("=");
    if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)];
    throw new UsageError(`"${pair}" is not a label: write NAME=VALUE`);
  });
  return Object.fromEntries(pairs);
}
