import { WorkerError } from "../../api/errors.ts";
import type { Rlimit } from "../../api/job.ts";

/** Labels of `/proc/<pid>/limits`. */
const LABELS: Record<string, string> = {
  as: "Max address space",
  core: "Max core file size",
  cpu: "Max cpu time",
  data: "Max data size",
  fsize: "Max file size",
  locks: "Max file locks",
  memlock: "Max locked memory",
  msgqueue: "Max msgqueue size",
  nice: "Max nice priority",
  nofile: "Max open files",
  nproc: "Max processes",
  rss: "Max resident set",
  rtprio: "Max realtime priority",
  rttime: "Max realtime timeout",
  sigpending: "Max pending signals",
  stack: "Max stack size",
};

const CAP_SYS_RESOURCE = 24n;

/** What decides which limits this process may give: texts of files below `/proc`. */
export interface LimitFacts {
  /** `/proc/self/limits` */
  limits: string;
  /** `/proc/self/status` */
  status: string;
  /** `/proc/sys/fs/nr_open` */
  maxOpenFiles: string;
}

/**
 * Refuses what prlimit(1) could not set for us.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT`
 */
export function checkRlimits(
  rlimits: Record<string, Rlimit>,
  read: () => LimitFacts = readFacts,
): void {
  if (Object.keys(rlimits).length === 0) return;
  const facts = read();
  for (const [name, value] of Object.entries(rlimits)) {
    const most = mostOf(name, facts);
    if (numberOf(value) <= most) continue;
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `rlimits.${name}: "${value}" is more than this host allows: write ${most} or less`,
    );
  }
}

function mostOf(name: string, facts: LimitFacts): number {
  const mayRaise = hasCapability(facts.status, CAP_SYS_RESOURCE);
  const hard = mayRaise ? Infinity : hardLimit(facts.limits, LABELS[name]!);
  // Root too may not open more files in one process than this.
  return name === "nofile" ? Math.min(hard, Number(facts.maxOpenFiles)) : hard;
}

function hardLimit(limits: string, label: string): number {
  const line = limits.split("\n").find((one) => one.startsWith(label)) ?? "";
  const [, hard = "unlimited"] = line.slice(label.length).trim().split(/\s+/);
  return hard === "unlimited" ? Infinity : Number(hard);
}

function hasCapability(status: string, capability: bigint): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return (BigInt(`0x${effective}`) >> capability & 1n) === 1n;
}

function numberOf(value: Rlimit): number {
  return value === "unlimited" ? Infinity : value;
}

function readFacts(): LimitFacts {
  return {
    limits: Deno.readTextFileSync("/proc/self/limits"),
    status: Deno.readTextFileSync("/proc/self/status"),
    maxOpenFiles: Deno.readTextFileSync("/proc/sys/fs/nr_open"),
  };
}
