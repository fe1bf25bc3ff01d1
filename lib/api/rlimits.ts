import { nearest } from "./nearest.ts";

/** Resource limits that a job may set, by their long options of prlimit(1), with what they count. */
export const RLIMITS = {
  as: "bytes of address space",
  core: "bytes of a core file",
  cpu: "seconds of CPU time",
  data: "bytes of data",
  fsize: "bytes of a file it writes",
  locks: "file locks",
  memlock: "bytes locked in memory",
  msgqueue: "bytes in POSIX message queues",
  nice: "the highest nice value, as 20 - nice",
  nofile: "open files",
  nproc: "processes of its user",
  rss: "bytes of resident memory",
  rtprio: "the highest real-time priority",
  rttime: "microseconds of real-time CPU time",
  sigpending: "pending signals",
  stack: "bytes of stack",
} as const;

/** Names of {@linkcode RLIMITS}. */
export const RLIMIT_NAMES: readonly string[] = Object.keys(RLIMITS);

/** Why a name is not one of {@linkcode RLIMITS}; null when it is. */
export function problemOfRlimit(name: string): string | null {
  if (Object.hasOwn(RLIMITS, name)) return null;
  const meant = nearest(name, RLIMIT_NAMES);
  const hint = meant === null
    ? "there are"
    : `did you mean "${meant}"? There are`;
  return `"${name}" is not a resource limit: ${hint} ${
    RLIMIT_NAMES.join(", ")
  }`;
}
