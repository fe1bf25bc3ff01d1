import type { JobIsolation, JobRequest, Rlimit } from "../lib/api/job.ts";
import { parseSize } from "../lib/api/size.ts";
import {
  type OptionSpec,
  type ParsedArguments,
  switchOf,
  valuesOf,
} from "./command.ts";
import { UsageError } from "./exit_error.ts";

/** Options of `run` and `start`: how a job is kept apart from the host. */
export const ISOLATION_OPTIONS: readonly OptionSpec[] = [
  {
    name: "rlimit",
    value: "NAME=N",
    repeat: true,
    help: "limit each process as prlimit(1), e.g. nofile=1024, core=unlimited",
  },
  {
    name: "no-new-privs",
    switch: true,
    help: "set-user-ID programs give it nothing; the default but for root",
  },
  { name: "private-tmp", help: "an empty /tmp and /var/tmp, gone with it" },
  { name: "private-network", help: "no network but a loopback of its own" },
  { name: "pid-namespace", help: "it sees its own processes only" },
  { name: "read-only", help: "it can't write to the host's file systems" },
];

const FIELDS: Record<string, keyof JobIsolation> = {
  "no-new-privs": "noNewPrivs",
  "private-tmp": "privateTmp",
  "private-network": "privateNetwork",
  "pid-namespace": "pidNamespace",
  "read-only": "readOnly",
};

/** The part of a request that {@linkcode ISOLATION_OPTIONS} ask for. */
export function isolationRequest(
  typed: ParsedArguments,
): Pick<JobRequest, "rlimits" | "isolation"> {
  const isolation: Partial<JobIsolation> = {};
  for (const [option, field] of Object.entries(FIELDS)) {
    const value = switchOf(typed, option);
    if (value !== undefined) isolation[field] = value;
  }
  const rlimits = valuesOf(typed, "rlimit").map(parseRlimit);
  return {
    ...(rlimits.length > 0 && { rlimits: Object.fromEntries(rlimits) }),
    ...(Object.keys(isolation).length > 0 && { isolation }),
  };
}

/** `nofile=1024`, `core=unlimited`, `memlock=64M`. */
function parseRlimit(text: string): [string, Rlimit] {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(`"${text}" is not a resource limit: write NAME=N`);
  }
  if (value === "unlimited") return [name, value];
  // A size in general may be "1.5K"; "1.5" files are a mistake.
  if (/^\d+(?:\.\d+[KMGT]|[KMGT])?$/.test(value)) {
    return [name, parseSize(value)];
  }
  throw new UsageError(
    `--rlimit ${name}: "${value}" is not a limit: write for example 1024, 64M or unlimited`,
  );
}
