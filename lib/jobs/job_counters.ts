import type { StreamBytes } from "../api/job.ts";
import { type JobStatistics, noStatistics } from "../api/job_statistics.ts";
import type { ManagedJob } from "./managed_job.ts";

/** What of {@linkcode JobStatistics} is counted here. */
export type CountedJobs = Pick<
  JobStatistics,
  "states" | "started" | "ended" | "printed"
>;

/** Counts what happens to the jobs of one supervisor. */
export class JobCounters {
  #started = 0;
  readonly #ended = noStatistics().ended;
  /** Bytes of jobs that have ended, less those that were printed before they were adopted. */
  readonly #printed: StreamBytes = { stdout: 0, stderr: 0 };

  /** Its process was started. */
  started(): void {
    this.#started++;
  }

  /** Its process was started by another supervisor, and so was what it has printed so far. */
  adopted({ live }: ManagedJob): void {
    if (live) this.#print(live.log.bytes, -1);
  }

  /** It became final, with so many bytes printed. */
  ended({ exit }: ManagedJob, bytes?: StreamBytes): void {
    if (exit) this.#ended[exit.reason]++;
    if (bytes) this.#print(bytes, 1);
  }

  #print({ stdout, stderr }: StreamBytes, sign: 1 | -1): void {
    this.#printed.stdout += sign * stdout;
    this.#printed.stderr += sign * stderr;
  }

  /** All that was counted, with what these jobs are doing now. */
  statistics(jobs: Iterable<ManagedJob>): CountedJobs {
    const { states } = noStatistics();
    const printed = { ...this.#printed };
    for (const job of jobs) {
      states[job.state]++;
      const bytes = job.live?.log.bytes;
      if (bytes === undefined) continue;
      printed.stdout += bytes.stdout;
      printed.stderr += bytes.stderr;
    }
    return {
      states,
      started: this.#started,
      ended: { ...this.#ended },
      printed,
    };
  }
}
