import type { JobCgroup } from "../cgroup/mod.ts";
import { CgroupContainment } from "./cgroup_containment.ts";
import { JobProcess } from "./job_process.ts";
import { type Launch, launchProcess } from "./launcher.ts";
import type { EndTimes } from "./leftovers.ts";
import type { OutputLog } from "./output_log.ts";
import type { Subreaper } from "./subreaper.ts";
import { TreeContainment } from "./tree_containment.ts";

/** What the process of a job is started with. */
export interface StartProcessOptions {
  jobId: string;
  log: OutputLog;
  /** The job's own; null where there are no cgroups. */
  cgroup: JobCgroup | null;
  /** Null when this process is no subreaper: orphans are then found by session and environment. */
  subreaper: Subreaper | null;
  times: EndTimes;
}

/** Starts a job's main process. @throws {WorkerError} as {@linkcode launchProcess} does. */
export function startProcess(
  launch: Launch,
  { jobId, log, cgroup, subreaper, times }: StartProcessOptions,
): JobProcess {
  const main = launchProcess(launch, cgroup?.procsFile ?? null);
  const containment = cgroup
    ? new CgroupContainment(cgroup)
    : new TreeContainment(
      { jobId, leader: main.pid },
      { subreaper, thorough: false },
    );
  return new JobProcess(main, { log, containment, times });
}
