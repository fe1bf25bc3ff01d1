import type { JobState } from "./job.ts";

/** Every state of a job, in the order of its life; the last four are final. */
export const JOB_STATES = [
  "pending",
  "running",
  "stopping",
  "succeeded",
  "failed",
  "stopped",
  "lost",
] as const satisfies readonly JobState[];
