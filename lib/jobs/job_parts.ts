import type { Job, JobSpec } from "../api/job.ts";

/** What stays the same from a job's creation on. */
export interface JobIdentity extends JobSpec {
  id: string;
  owner: string;
  node: string;
  createdAt: string;
}

/** What the life of a job changes. */
export type JobProgress = Omit<Job, keyof JobIdentity>;

/** A job in these two parts. */
export function splitJob(
  job: Job,
): { identity: JobIdentity; progress: JobProgress } {
  const {
    state,
    pid,
    startedAt,
    endedAt,
    exit,
    output,
    bytes,
    sha256,
    leftovers,
    paused,
    usage,
    ...identity
  } = job;
  const progress = {
    state,
    pid,
    startedAt,
    endedAt,
    exit,
    output,
    bytes,
    sha256,
    leftovers,
    paused,
    usage,
  };
  return { identity, progress };
}
