import { WorkerError } from "../api/errors.ts";
import type { SignalName } from "../api/signals.ts";
import type { Containment } from "./containment.ts";
import { kill } from "./kill.ts";
import type { ProcessStat } from "./proc.ts";
import { type JobProcesses, processesOf } from "./process_tree.ts";
import type { Subreaper } from "./subreaper.ts";

/** Options of a {@linkcode TreeContainment}. */
export interface TreeContainmentOptions {
  /**
   * This process's, when the job was started by it: all of the job then descends from this process.
   * Null where orphans have to be found by session and environment.
   */
  subreaper: Subreaper | null;
  /** Look at every process of the host before nothing is said to be left, not only at the group. */
  thorough: boolean;
}

/** Holds a job together where there are no cgroups: by session, process group, descent and environment. */
export class TreeContainment implements Containment {
  readonly #processes: JobProcesses;
  readonly #options: TreeContainmentOptions;

  constructor(
    job: Pick<JobProcesses, "jobId" | "leader">,
    options: TreeContainmentOptions,
  ) {
    this.#processes = { ...job, contained: options.subreaper !== null };
    this.#options = options;
  }

  members(): ProcessStat[] {
    return processesOf(this.#processes);
  }

  /** The cheap and usual answer once the main process has ended: without orphans, nothing is left. */
  isEmpty(): boolean {
    const { subreaper, thorough } = this.#options;
    if (subreaper) return subreaper.orphans().length === 0;
    const { leader } = this.#processes;
    if (leader !== null && kill(-leader, 0)) return false;
    return !thorough || this.members().length === 0;
  }

  signalAll(name: SignalName): void {
    const { leader } = this.#processes;
    const members = this.members();
    const inGroup = members.some(({ group }) => group === leader);
    if (leader !== null && inGroup) kill(-leader, name);
    for (const { pid, group } of members) {
      if (group !== leader) kill(pid, name);
    }
  }

  killAll(): void {
    this.signalAll("SIGKILL");
  }

  pause(): Promise<void> {
    return Promise.reject(unsupported("pause"));
  }

  resume(): Promise<void> {
    return Promise.reject(unsupported("resume"));
  }

  usage(): null {
    return null;
  }

  ranOutOfMemory(): boolean {
    return false;
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }
}

function unsupported(action: string): WorkerError {
  return new WorkerError(
    "UNSUPPORTED",
    `cannot ${action} a job: this host has no cgroup v2 for the server ("worker doctor --host" says why)`,
  );
}
