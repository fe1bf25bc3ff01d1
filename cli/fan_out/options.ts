import {
  hasFlag,
  type OptionSpec,
  type ParsedArguments,
  valuesOf,
} from "../command.ts";
import { countOf } from "../render/count.ts";
import { UsageError } from "../exit_error.ts";

/** Options of `run` that make it run on several nodes. */
export const FAN_OUT_OPTIONS: readonly OptionSpec[] = [
  {
    name: "on",
    value: "SELECTOR",
    repeat: true,
    help: "on every node that fits: a name, env=prod, or all",
  },
  { name: "parallel", value: "N", help: "on so many nodes at once; 32" },
  { name: "skip-offline", help: "leave out nodes that are not heard of" },
  { name: "fail-fast", help: "stop on all nodes when it fails on one" },
  {
    name: "max-failures",
    value: "N",
    help: "begin on no further node when it failed on N",
  },
  { name: "group", help: "at the end, equal outputs once with their nodes" },
];

/** How a command is run on several nodes. */
export interface FanOutWishes {
  selectors: readonly string[];
  /** Nodes at once. */
  parallel: number;
  skipOffline: boolean;
  failFast: boolean;
  /** From so many failures on no further node is begun with; null: with all of them. */
  maxFailures: number | null;
  group: boolean;
}

/** Each of them is a connection, and memory for its output. */
const MOST_PARALLEL = 1_000;

/**
 * What the options say; null when the command is to run in one place.
 *
 * @throws {UsageError} when they contradict each other.
 */
export function fanOutWishes(typed: ParsedArguments): FanOutWishes | null {
  const selectors = valuesOf(typed, "on");
  if (selectors.length === 0) {
    const alone = FAN_OUT_OPTIONS.find(({ name }) => typed.values.has(name));
    if (alone === undefined) return null;
    throw new UsageError(`"--${alone.name}" needs --on SELECTOR`);
  }
  exclude(typed, "on", ["node", "interactive"]);
  exclude(typed, "group", ["json", "detach"]);
  const parallel = countOf(typed, "parallel", { min: 1 }) ?? 32;
  return {
    selectors,
    parallel: Math.min(parallel, MOST_PARALLEL),
    skipOffline: hasFlag(typed, "skip-offline"),
    failFast: hasFlag(typed, "fail-fast"),
    maxFailures: countOf(typed, "max-failures", { min: 1 }) ?? null,
    group: hasFlag(typed, "group"),
  };
}

function exclude(
  typed: ParsedArguments,
  name: string,
  others: readonly string[],
): void {
  if (!typed.values.has(name)) return;
  for (const other of others) {
    if (!typed.values.has(other)) continue;
    throw new UsageError(`"--${name}" and "--${other}" exclude each other`);
  }
}
