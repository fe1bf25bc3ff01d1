import { hasEnvironment, type ProcessStat, snapshot } from "./proc.ts";

/** The variable that every process of a job inherits; it finds those that left its session. */
export const JOB_ID_VARIABLE = "WORKER_JOB_ID";

/** How the processes of a job are recognised. */
export interface JobProcesses {
  jobId: string;
  /** The main process: leader of the job's session and process group. */
  leader: number;
  /** This process is a subreaper: all that the job ever started descends from it. */
  contained: boolean;
}

/**
 * Every living process of a job, by session, group, descent and, for orphans that left all of
 * these, by the job id in the environment they were started with.
 *
 * Under a subreaper only its descendants count, so a stranger with a reused pid is never taken for
 * a member. A process that double-forks, calls setsid *and* clears its environment is out of reach
 * without a cgroup.
 */
export function processesOf(job: JobProcesses): ProcessStat[] {
  const all = snapshot();
  const decided = new Map<number, boolean>();

  const isMember = (stat: ProcessStat): boolean => {
    const known = decided.get(stat.pid);
    if (known !== undefined) return known;
    const parent = all.get(stat.parent);
    const orphan = parent === undefined ||
      parent.pid === (job.contained ? Deno.pid : 1);
    const member = stat.pid === job.leader || stat.session === job.leader ||
      stat.group === job.leader ||
      (orphan
        ? hasEnvironment(stat.pid, JOB_ID_VARIABLE, job.jobId)
        : isMember(parent));
    decided.set(stat.pid, member);
    return member;
  };
  return [...all.values()].filter((stat) =>
    stat.pid !== Deno.pid && stat.state !== "Z" &&
    (!job.contained || descendsFromUs(stat, all)) && isMember(stat)
  );
}

/** True for a process below this one. */
export function descendsFromUs(
  stat: ProcessStat,
  all: Map<number, ProcessStat>,
): boolean {
  for (let at: ProcessStat | undefined = stat; at; at = all.get(at.parent)) {
    if (at.parent === Deno.pid) return true;
    if (at.parent === at.pid) return false;
  }
  return false;
}
