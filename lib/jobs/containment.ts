import type { JobUsage } from "../api/job.ts";
import type { SignalName } from "../api/signals.ts";
import type { ProcessStat } from "./proc.ts";

/**
 * What holds the processes of a job together: a cgroup, or else its session, its process group and
 * its descent. No process of a job is out of its reach as long as the implementation says so.
 */
export interface Containment {
  /** The living processes of the job. */
  members(): ProcessStat[];
  /** True when nothing is left of the job. False may mean that it takes `members` to know. */
  isEmpty(): boolean;
  /** Sends a signal to every process of the job. */
  signalAll(name: SignalName): void;
  /** Sends SIGKILL to every process of the job, so that none escapes by forking. */
  killAll(): void;
  /** Stops them all from running, until `resume`. @throws {WorkerError} `UNSUPPORTED` */
  pause(): Promise<void>;
  /** @throws {WorkerError} `UNSUPPORTED` */
  resume(): Promise<void>;
  /** What the job uses, and has used; null where the host does not count it. */
  usage(): JobUsage | null;
  /** True when the kernel killed one of them because the job's memory limit was reached. */
  ranOutOfMemory(): boolean;
  /** Removes what the job leaves on the host. */
  remove(): Promise<void>;
}
