import { Pidfd } from "../linux/pidfd.ts";
import { reopenPipe } from "../linux/pipe.ts";
import type { RecordedProcess } from "./job_record.ts";
import { decodeStatus } from "../linux/wait_status.ts";
import type { MainProcess } from "./main_process.ts";
import { type MainEnd, processEnd } from "./process_end.ts";
import { JOB_ID_VARIABLE } from "./process_tree.ts";
import {
  findPipe,
  hasEnvironment,
  type ProcessStat,
  readExitStatus,
  readStat,
} from "./proc.ts";
import { delay } from "./wait.ts";

/** What the next one knows of the end of a process that was nobody's child any more. */
const UNSEEN: MainEnd = { code: null, signal: null, usage: null };

/** Whoever inherited the process reaps it between two of these looks at it. */
const STATUS_WAITS_MS = [0, 1, 5, 20, 50];

/**
 * Takes the main process of a job over that another process had started: finds it by pid and start
 * time, and its pipes through whatever process of the job holds them.
 */
export function adoptProcess(
  recorded: RecordedProcess,
  { jobId, members }: { jobId: string; members: ProcessStat[] },
): MainProcess {
  const process = openVerified(recorded, jobId);
  return {
    pid: recorded.pid,
    stdin: null,
    stdout: reopen(recorded.pipes?.stdout, members),
    stderr: reopen(recorded.pipes?.stderr, members),
    ended: process === null
      ? Promise.resolve({ ...UNSEEN, ...recorded.end })
      : endOfAdopted(process, recorded.pid),
  };
}

/** True when the pid still names the job's main process. */
export function isAlive(recorded: RecordedProcess, jobId: string): boolean {
  const process = openVerified(recorded, jobId);
  process?.[Symbol.dispose]();
  return process !== null;
}

/**
 * The process when it is the one on record: by its start time or, for a job whose server died before
 * that was known, by the job id in its environment. What is looked at after it was opened can't be
 * about another process.
 */
function openVerified(
  { pid, startTime, end }: RecordedProcess,
  jobId: string,
): Pidfd | null {
  if (end) return null;
  const process = Pidfd.open(pid);
  if (process === null) return null;
  const stat = readStat(pid);
  const same = stat !== null && stat.state !== "Z" && stat.session === pid &&
    (startTime === null
      ? hasEnvironment(pid, JOB_ID_VARIABLE, jobId)
      : stat.startTime === startTime);
  if (same) return process;
  process[Symbol.dispose]();
  return null;
}

function reopen(
  pipe: string | undefined,
  members: ProcessStat[],
): number | null {
  if (pipe === undefined) return null;
  for (const { pid } of members) {
    const path = findPipe(pid, pipe);
    if (path === null) continue;
    try {
      return reopenPipe(path);
    } catch {
      // It ended in this moment; another one may hold the pipe too.
    }
  }
  return null;
}

/**
 * How a process ended that is no child: as long as it is a zombie `/proc` tells, and once it was
 * reaped the kernel does, from Linux 6.15 on. Older ones tell nothing once init has been quicker.
 */
async function endOfAdopted(opened: Pidfd, pid: number): Promise<MainEnd> {
  using process = opened;
  const startTime = readStat(pid)?.startTime;
  await process.ended();
  for (const ms of STATUS_WAITS_MS) {
    const seen = readExitStatus(pid, { startTime });
    if (seen !== null) {
      return { ...processEnd(decodeStatus(seen)), usage: null };
    }
    const status = process.exitStatus();
    if (status === "unknown") break;
    if (status !== "not reaped") return { ...processEnd(status), usage: null };
    await delay(ms);
  }
  return UNSEEN;
}
