import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { type JobRecord, readRecord, writeRecord } from "./job_record.ts";
import { ManagedJob } from "./managed_job.ts";
import { OutputLog } from "./output_log.ts";
import { bootId, hasEnvironment, readStat } from "./proc.ts";
import { JOB_ID_VARIABLE } from "./process_tree.ts";

const logger = getLogger(["worker", "jobs"]);

/**
 * Reads what an earlier process left in the jobs directory, oldest first.
 *
 * A job that was not final then is `lost`: its end was not seen. When its main process still runs,
 * which pid, start time and boot id must agree on, it is killed with its process group, because
 * nobody reads its output any more.
 */
export function recoverJobs(directory: string): ManagedJob[] {
  const jobs: ManagedJob[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    if (!isDirectory) continue;
    const jobDirectory = join(directory, name);
    const record = readRecord(jobDirectory);
    if (record === null || record.job.id !== name) {
      logger.warn`left alone: "${jobDirectory}" holds no readable job record`;
      continue;
    }
    const job = ManagedJob.restore(record.job, jobDirectory);
    if (!job.isFinal) {
      markLost(job, record.process);
      writeRecord(jobDirectory, { ...record, job: job.toJob() });
    }
    jobs.push(job);
  }
  return jobs.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function markLost(job: ManagedJob, process: JobRecord["process"]): void {
  const { start, end, bytes } = OutputLog.recover(
    join(job.directory, "output"),
  );
  const evidence = { output: { start, end }, bytes };
  const at = new Date().toISOString();
  if (process !== null && process.bootId !== bootId()) {
    const detail = "the host was rebooted while the job ran";
    job.advance(
      { type: "lost", reason: "host_rebooted", detail, at },
      evidence,
    );
    return;
  }
  let detail = "the server died while the job ran, and did not see its end";
  if (process !== null && isStill(process, job.id)) {
    Deno.kill(-process.pid, "SIGKILL");
    detail += `; its process ${process.pid} still ran and was killed`;
  }
  job.advance({ type: "lost", reason: "lost", detail, at }, evidence);
}

/**
 * True when the pid still names the job's process: by its start time or, for a job whose server
 * died before that was known, by the job id in its environment.
 */
function isStill(
  { pid, startTime }: NonNullable<JobRecord["process"]>,
  jobId: string,
): boolean {
  const stat = readStat(pid);
  if (stat === null || stat.session !== pid) return false;
  return startTime === null
    ? hasEnvironment(pid, JOB_ID_VARIABLE, jobId)
    : stat.startTime === startTime;
}
