import { isOwnChild } from "./children.ts";
import { HostProcesses } from "./host_processes.ts";
import {
  childrenOf,
  hasEnvironment,
  ownChildren,
  type ProcessStat,
  readStat,
} from "./proc.ts";

/** The variable that every process of a job inherits; it finds those that left its session. */
export const JOB_ID_VARIABLE = "WORKER_JOB_ID";

/** How the processes of a job are recognised. */
export interface JobProcesses {
  jobId: string;
  /**
   * The main process: leader of the job's session and process group. Null when it is gone, and its
   * pid may be a stranger's.
   */
  leader: number | null;
  /** This process is a subreaper: all that the job ever started descends from it. */
  contained: boolean;
}

/**
 * Every living process of a job, by session, group, descent and, for orphans that left all of
 * these, by the job id in the environment they were started with.
 *
 * A process that double-forks, calls setsid *and* clears its environment is out of reach without a
 * cgroup.
 */
export function processesOf(job: JobProcesses): ProcessStat[] {
  const found = job.contained ? descendants(job) : anywhere(job);
  return found.filter(({ pid, state }) => pid !== Deno.pid && state !== "Z");
}

/**
 * Looks at what descends from the main process and at the orphans of all jobs, which are children of
 * this process: a stranger with a reused pid is never taken for a member, and a host with many
 * processes costs no more.
 */
function descendants(job: JobProcesses): ProcessStat[] {
  const members: ProcessStat[] = [];
  const visit = (pid: number, belongs: (stat: ProcessStat) => boolean) => {
    const stat = readStat(pid);
    if (stat === null) return;
    const isMember = belongs(stat);
    if (isMember) members.push(stat);
    for (const child of childrenOf(pid)) {
      visit(child, (each) => isMember || inSessionOrGroup(each, job));
    }
  };
  if (job.leader !== null) visit(job.leader, () => true);
  for (const pid of ownChildren()) {
    if (isOwnChild(pid)) continue;
    visit(pid, (stat) =>
      inSessionOrGroup(stat, job) ||
      hasEnvironment(stat.pid, JOB_ID_VARIABLE, job.jobId));
  }
  return members;
}

/** Looks at every process of the host. */
function anywhere(job: JobProcesses): ProcessStat[] {
  const host = HostProcesses.look();
  const { all } = host;
  const decided = new Map<number, boolean>();
  const isMember = (stat: ProcessStat): boolean => {
    const known = decided.get(stat.pid);
    if (known !== undefined) return known;
    const parent = all.get(stat.parent);
    const member = stat.pid === job.leader || inSessionOrGroup(stat, job) ||
      host.hasEnvironment(stat.pid, JOB_ID_VARIABLE, job.jobId) ||
      (parent !== undefined && parent.pid > 1 && isMember(parent));
    decided.set(stat.pid, member);
    return member;
  };
  return [...all.values()].filter(isMember);
}

function inSessionOrGroup(
  { session, group }: ProcessStat,
  { leader }: JobProcesses,
): boolean {
  return leader !== null && (session === leader || group === leader);
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
