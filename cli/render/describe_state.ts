import type { Job } from "../../lib/api/job.ts";

/** The state of a job in a word: `paused` for one that runs but stands still. */
export function describeState({ state, paused }: Job): string {
  return paused && state === "running" ? "paused" : state;
}

/** What a pending job waits for; null for a job that is not pending. */
export function describePending(job: Job, now: number): string | null {
  if (job.state !== "pending") return null;
  const startsLater = job.startAfter !== null &&
    Date.parse(job.startAfter) > now;
  return startsLater
    ? "its start time"
    : "other jobs to end: the server runs as many as it may";
}
