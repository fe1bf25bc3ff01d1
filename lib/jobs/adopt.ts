import { Pidfd } from "../linux/pidfd.ts";
import { reopenPipe } from "../linux/pipe.ts";
import type { RecordedProcess } from "./job_record.ts";
import type { MainProcess } from "./main_process.ts";
import { type MainEnd, processEnd } from "./process_end.ts";
import { JOB_ID_VARIABLE } from "./process_tree.ts";
import {
  findPipe,
  hasEnvironment,
  type ProcessStat,
  readStat,
} from "./proc.ts";
import { delay } from "./wait.ts";

/** What the next one knows of the end of a process that was nobody's child any more. */
const UNSEEN: MainEnd = { code: null, signal: null, usage: null };

/** Whoever inherited the process reaps it, and only then can its status be asked for. */
const STATUS_WAITS_MS = [0, 1, 5, 20, 50, 200, 500];

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
    ended: process === null ? Promise.resolve(UNSEEN) : endOfAdopted(process),
  };
}

/** True when the pid still names the job's main process. */
export function isAlive(recorded: RecordedProcess, jobId: string): boolean {
  using process = openVerified(recorded, jobId);
  return process !== null;
}

/**
 * The process when it is the one on record: by its start time or, for a job whose server died before
 * that was known, by the job id in its environment. What is looked at after it was opened can't be
 * about another process.
 */
function openVerified(
  { pid, startTime }: RecordedProcess,
  jobId: string,
): Pidfd | null {
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

async function endOfAdopted(opened: Pidfd): Promise<MainEnd> {
  using process = opened;
  await process.ended();
  for (const ms of STATUS_WAITS_MS) {
    await delay(ms);
    const status = process.exitStatus();
    if (status === "unknown") break;
    if (status !== "not reaped") {
      return { ...processEnd(status), usage: null };
    }
  }
  return UNSEEN;
}
