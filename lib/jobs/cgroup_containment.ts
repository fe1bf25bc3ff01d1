import { getLogger } from "@logtape/logtape";
import type { JobUsage } from "../api/job.ts";
import type { SignalName } from "../api/signals.ts";
import type { JobCgroup } from "../cgroup/mod.ts";
import type { Containment } from "./containment.ts";
import { kill } from "./kill.ts";
import { type ProcessStat, readStat } from "./proc.ts";

const logger = getLogger(["worker", "jobs"]);

/** Holds a job together by a cgroup of its own, which nothing it starts can leave. */
export class CgroupContainment implements Containment {
  readonly #cgroup: JobCgroup;

  constructor(cgroup: JobCgroup) {
    this.#cgroup = cgroup;
  }

  members(): ProcessStat[] {
    return this.#cgroup.pids().map(readStat).filter((stat) => stat !== null)
      .filter(({ state }) => state !== "Z");
  }

  isEmpty(): boolean {
    return !this.#cgroup.populated();
  }

  signalAll(name: SignalName): void {
    for (const pid of this.#cgroup.pids()) kill(pid, name);
  }

  killAll(): void {
    this.#cgroup.kill();
  }

  pause(): Promise<void> {
    return this.#cgroup.freeze();
  }

  resume(): Promise<void> {
    return this.#cgroup.thaw();
  }

  usage(): JobUsage {
    return this.#cgroup.usage();
  }

  ranOutOfMemory(): boolean {
    return this.#cgroup.oomKills() > 0;
  }

  async remove(): Promise<void> {
    if (await this.#cgroup.remove()) return;
    logger.warn`left behind: "${this.#cgroup.path}" can't be removed`;
  }
}
