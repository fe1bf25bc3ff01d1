import { WorkerError } from "../api/errors.ts";
import { readKey, writeControl } from "./control_file.ts";
import { killAll, members } from "./members.ts";
import { poll } from "./poll.ts";
import { removeCgroup } from "./remove_cgroup.ts";
import { type CgroupUsage, readUsage } from "./usage.ts";

export interface CgroupWaitOptions {
  /** Milliseconds. */
  timeoutMs?: number;
  /** Ends the wait with its reason. */
  signal?: AbortSignal;
}

/** Frozen are all processes at once but those that wait for a device. */
const FREEZE_TIMEOUT_MS = 5000;
const REMOVE_TIMEOUT_MS = 2000;

/** The cgroup of one job: everything the job started is in it and can't leave, unless it is root. */
export class JobCgroup {
  /** What enters it writes `0` there, before exec. */
  readonly procsFile: string;
  #killing = false;

  constructor(readonly path: string) {
    this.procsFile = `${path}/cgroup.procs`;
  }

  /** Its processes, those in cgroups that the job made included. */
  pids(): number[] {
    return members(this.path);
  }

  /** True while there is a process that lives; zombies do not count. */
  populated(): boolean {
    return readKey(`${this.path}/cgroup.events`, "populated") === 1;
  }

  /** True when every process stands still. */
  frozen(): boolean {
    return readKey(`${this.path}/cgroup.events`, "frozen") === 1;
  }

  /**
   * Stops every process where it is; resolves when all stand still.
   *
   * @throws {WorkerError} `UNAVAILABLE`, and all run on, when one does not within `timeoutMs` (default: 5 s).
   */
  async freeze(
    { timeoutMs = FREEZE_TIMEOUT_MS, signal }: CgroupWaitOptions = {},
  ): Promise<void> {
    writeControl(`${this.path}/cgroup.freeze`, "1");
    let done = false;
    try {
      done = await poll(() => this.frozen() || !this.populated(), {
        timeoutMs,
        signal,
      });
    } finally {
      if (!done) writeControl(`${this.path}/cgroup.freeze`, "0");
    }
    if (!done) {
      throw new WorkerError(
        "UNAVAILABLE",
        `cannot freeze "${this.path}": one of its processes does not stand still ` +
          `after ${timeoutMs} ms, it waits for a device; try again`,
      );
    }
  }

  /** Lets every process go on; resolves when all do. */
  async thaw(
    { timeoutMs = FREEZE_TIMEOUT_MS, signal }: CgroupWaitOptions = {},
  ): Promise<void> {
    writeControl(`${this.path}/cgroup.freeze`, "0");
    await poll(() => !this.frozen(), { timeoutMs, signal });
  }

  /** SIGKILL to every process at once, frozen ones included, and to those that are being born. */
  kill(): void {
    this.#killing = !killAll(this.path);
  }

  /** True when no process lives any more, false when some still do after `timeoutMs`. */
  emptied(
    timeoutMs: number,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<boolean> {
    return poll(() => {
      if (!this.populated()) return true;
      // A kernel that kills one by one may have missed a child.
      if (this.#killing) this.kill();
      return false;
    }, { timeoutMs, signal });
  }

  /** Processes that the kernel killed since the memory was used up, here or on all of the host. */
  oomKills(): number {
    return readKey(`${this.path}/memory.events`, "oom_kill") ?? 0;
  }

  /** What was used so far; readable until the cgroup is removed. */
  usage(): CgroupUsage {
    return readUsage(this.path);
  }

  /**
   * Removes it and what the job made below; true as well when it is gone already.
   *
   * @returns false when a process is left, or the kernel did not let go within `timeoutMs` (default: 2 s).
   */
  remove(
    { timeoutMs = REMOVE_TIMEOUT_MS, signal }: CgroupWaitOptions = {},
  ): Promise<boolean> {
    return removeCgroup(this.path, { timeoutMs, signal });
  }
}
