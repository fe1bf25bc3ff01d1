import { type JobStatistics, noStatistics } from "../api/job_statistics.ts";

/** What one job host has counted. */
export interface HostReading {
  pid: number;
  statistics: JobStatistics;
}

/**
 * Adds up what job hosts have counted. The counts of one that is gone are kept, so that no sum becomes
 * smaller when a job host is replaced.
 */
export class StatisticsSum {
  #gone = noStatistics();
  #last = new Map<number, JobStatistics>();

  /** The sum over all that there are now, each once. */
  of(readings: readonly HostReading[]): JobStatistics {
    const now = new Map(
      readings.map(({ pid, statistics }) => [pid, statistics]),
    );
    for (const [pid, last] of this.#last) {
      const same = now.get(pid);
      // A pid may be that of another one by now, which begins at nothing.
      if (same !== undefined && same.started >= last.started) continue;
      addCounts(this.#gone, last);
    }
    this.#last = now;
    const sum = structuredClone(this.#gone);
    for (const each of now.values()) {
      addCounts(sum, each);
      addAll(sum.states, each.states);
      sum.cgroups &&= each.cgroups;
      sum.memoryBytes += each.memoryBytes;
    }
    return sum;
  }
}

/** Adds what only grows. */
function addCounts(to: JobStatistics, from: JobStatistics): void {
  to.started += from.started;
  addAll(to.ended, from.ended);
  addAll(to.printed, { ...from.printed });
}

function addAll<Name extends string>(
  to: Record<Name, number>,
  from: Record<Name, number>,
): void {
  for (const name of Object.keys(from) as Name[]) to[name] += from[name];
}
