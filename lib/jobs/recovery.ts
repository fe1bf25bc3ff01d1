import { basename, join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { Job } from "../api/job.ts";
import { parseSize } from "../api/size.ts";
import type { CgroupSupport } from "../cgroup/mod.ts";
import { adoptProcess, isAlive } from "./adopt.ts";
import { CgroupContainment } from "./cgroup_containment.ts";
import type { Containment } from "./containment.ts";
import { findStarted } from "./find_started.ts";
import {
  type JobRecord,
  readRecord,
  type RecordedProcess,
  removePartialRecord,
  writeRecord,
} from "./job_record.ts";
import { JobProcess } from "./job_process.ts";
import type { EndTimes } from "./leftovers.ts";
import { ManagedJob } from "./managed_job.ts";
import { OutputLog } from "./output_log.ts";
import { ageOf, bootId, readStat } from "./proc.ts";
import type { ProcessEnd } from "./process_end.ts";
import { TreeContainment } from "./tree_containment.ts";

const logger = getLogger(["worker", "jobs"]);

/** What {@linkcode recoverJobs} works with. */
export interface RecoveryOptions {
  /** Cap of a log that has none of its own, in bytes. */
  outputCap: number;
  endTimes: EndTimes;
  cgroups: CgroupSupport;
  /** False for a job that another living process runs: it is left alone. */
  mayRecover: (directory: string) => boolean;
  /** Called with a job of which nothing runs any more. */
  ended: (job: ManagedJob) => void;
  /** Saves a job while its log grows. */
  save: (job: ManagedJob) => void;
}

/**
 * Reads what an earlier process left in the jobs directory, oldest first.
 *
 * A job that waited waits on. Of one that ran, whatever still runs is adopted: its output goes on
 * where it was, it can be stopped, and how it ends is told as far as somebody sees it. One of which
 * nothing runs any more is `lost`, with what is known about that; after a reboot too.
 */
export function recoverJobs(
  directory: string,
  options: RecoveryOptions,
): ManagedJob[] {
  const jobs: ManagedJob[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const jobDirectory = join(directory, name);
    if (!isDirectory || !options.mayRecover(jobDirectory)) continue;
    try {
      if (removePartialRecord(jobDirectory)) continue;
      jobs.push(recoverJob(jobDirectory, options));
    } catch (error) {
      // One job that nobody can read is no reason to lose sight of the others.
      logger
        .error`left alone: ${jobDirectory} holds no job that can be taken over: ${
        (error as Error).message
      }`;
    }
  }
  return jobs.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** @throws {Error} when its record can't be used. */
function recoverJob(directory: string, options: RecoveryOptions): ManagedJob {
  const record = readRecord(directory);
  if (record.job.id !== basename(directory)) {
    throw new Error(`its record is that of job "${record.job.id}"`);
  }
  const job = ManagedJob.restore(record.job, directory, record);
  job.queued = record.queued ?? false;
  if (job.isFinal || job.queued) return job;
  goOn(job, record, options);
  if (job.isFinal) options.ended(job);
  return job;
}

/** Adopts what runs of a job; without anything it is lost. */
function goOn(
  job: ManagedJob,
  record: JobRecord,
  options: RecoveryOptions,
): void {
  const log = resumeLog(job, record.job, options);
  const recorded = record.process ?? findUnrecorded(job, options);
  const rebooted = recorded !== null && !recorded.end &&
    recorded.bootId !== bootId();
  if (recorded === null || rebooted) {
    return lose(job, { record, log, rebooted });
  }
  const alive = isAlive(recorded, job.id);
  const containment = findContainment(job.id, {
    leader: alive ? recorded.pid : null,
    cgroups: options.cgroups,
  });
  const members = containment.members();
  if (!alive && members.length === 0) {
    containment.remove().catch(() => {});
    return recorded.end
      ? endUnwatched(job, { record, log, end: recorded.end })
      : lose(job, { record, log, rebooted });
  }
  const main = adoptProcess(recorded, { jobId: job.id, members });
  const times = options.endTimes;
  job.live = {
    process: new JobProcess(main, { log, containment, times }),
    log,
  };
  job.startTime = recorded.startTime ?? readStat(recorded.pid)?.startTime ??
    null;
  logger.info`adopted job ${job.id}: ${members.length} of its processes run`;
}

/** A process that was started and is not on record, because the server died in that moment. */
function findUnrecorded(
  job: ManagedJob,
  { cgroups }: RecoveryOptions,
): RecordedProcess | null {
  const containment = findContainment(job.id, { leader: null, cgroups });
  const found = findStarted(containment.members());
  if (found === null) return null;
  const age = found.startTime === null ? 0 : ageOf(found.startTime);
  const at = new Date(Date.now() - age).toISOString();
  job.advance({ type: "started", pid: found.pid, at });
  return found;
}

function findContainment(
  jobId: string,
  { leader, cgroups }: { leader: number | null; cgroups: CgroupSupport },
): Containment {
  const cgroup = cgroups.kind === "ready" ? cgroups.root.open(jobId) : null;
  if (cgroup) return new CgroupContainment(cgroup);
  // It was another process's child: it descends from whoever inherited it.
  return new TreeContainment({ jobId, leader }, {
    subreaper: null,
    thorough: true,
  });
}

function resumeLog(
  job: ManagedJob,
  stored: Job,
  { outputCap, save }: RecoveryOptions,
): OutputLog {
  const { limits, checksum, overflow } = job.identity;
  return OutputLog.resume(job.outputDirectory, {
    cap: limits.output === null ? outputCap : parseSize(limits.output),
    checksum,
    overflow,
    bytes: stored.bytes,
    milestone: () => save(job),
  });
}

function lose(
  job: ManagedJob,
  { record, log, rebooted }: {
    record: JobRecord;
    log: OutputLog;
    rebooted: boolean;
  },
): void {
  const { start, end, bytes } = log;
  log.finish();
  job.advance({
    type: "lost",
    reason: rebooted ? "host_rebooted" : "lost",
    detail: rebooted
      ? "the host was rebooted while the job ran"
      : detailOfLoss(record),
    at: new Date().toISOString(),
  }, { output: { start, end }, bytes: { ...bytes } });
  writeRecord(job.directory, { ...record, job: job.toJob() });
}

/** The main process had ended, and what it left has since. */
function endUnwatched(
  job: ManagedJob,
  { record, log, end: { code, signal } }: {
    record: JobRecord;
    log: OutputLog;
    end: ProcessEnd;
  },
): void {
  const { start, end, bytes } = log;
  log.finish();
  job.advance({
    type: "ended",
    code,
    signal,
    outOfMemory: false,
    detail:
      "what it left behind ended while no server looked: the last it printed may be missing",
    at: new Date().toISOString(),
  }, { output: { start, end }, bytes: { ...bytes } });
  writeRecord(job.directory, { ...record, job: job.toJob() });
}

function detailOfLoss({ process }: JobRecord): string {
  return process === null
    ? "the server died while it started the job; nothing of it runs"
    : `the server that ran it died, and before the next one looked its process ${process.pid} had ended unseen`;
}
