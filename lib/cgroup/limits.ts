import { errorCode, writeControl } from "./control_file.ts";
import type { Controller } from "./controllers.ts";

/** What a job may use at most; null: as much as there is. */
export interface CgroupLimits {
  /** Bytes of memory, swap excluded: there is none for a job with this limit. */
  memory: number | null;
  /** CPUs' worth of time, such as 0.5. The kernel knows steps of 0.001. */
  cpu: number | null;
  /** Processes and threads. */
  pids: number | null;
  /** Bytes a second, for reads and for writes each, at every disk. */
  io: number | null;
}

/** The controllers that these limits need. */
export function neededControllers(limits: CgroupLimits): Controller[] {
  return (["memory", "cpu", "pids", "io"] as const)
    .filter((name) => limits[name] !== null);
}

const PERIOD_US = 100_000;
/** The kernel refuses a shorter quota, and a longer period than a second. */
const SHORTEST_QUOTA_US = 1000;
const LONGEST_PERIOD_US = 1_000_000;

/**
 * Writes the limits of a cgroup whose controllers are there; the error is the kernel's.
 *
 * @param disks What the limit of io is for, as `major:minor`.
 */
export function writeLimits(
  cgroup: string,
  limits: CgroupLimits,
  disks: readonly string[],
): void {
  if (limits.memory !== null) {
    writeControl(`${cgroup}/memory.max`, String(limits.memory));
    // A job that is short of memory ends as one, rather than without some process.
    writeControl(`${cgroup}/memory.oom.group`, "1");
    refuseSwap(cgroup);
  }
  if (limits.cpu !== null) {
    writeControl(`${cgroup}/cpu.max`, cpuMax(limits.cpu));
  }
  if (limits.pids !== null) {
    writeControl(`${cgroup}/pids.max`, String(limits.pids));
  }
  if (limits.io !== null) {
    for (const disk of disks) {
      writeControl(
        `${cgroup}/io.max`,
        `${disk} rbps=${limits.io} wbps=${limits.io}`,
      );
    }
  }
}

/** `cpu.max` of so many CPUs: quota and period in µs. */
export function cpuMax(cpus: number): string {
  const quota = Math.round(cpus * PERIOD_US);
  if (quota >= SHORTEST_QUOTA_US) return `${quota} ${PERIOD_US}`;
  const long = Math.round(cpus * LONGEST_PERIOD_US);
  return `${Math.max(long, SHORTEST_QUOTA_US)} ${LONGEST_PERIOD_US}`;
}

function refuseSwap(cgroup: string): void {
  try {
    writeControl(`${cgroup}/memory.swap.max`, "0");
  } catch (error) {
    // A kernel without swap accounting has no such file.
    if (errorCode(error) !== "ENOENT") throw error;
  }
}
