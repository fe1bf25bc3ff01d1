import type { Job, JobRequest } from "../api/job.ts";
import type { AppContext } from "./env.ts";

/** The call is to start that. Arguments and environment may hold secrets: the job's own record has them. */
export function noteStart(
  c: AppContext,
  { command, name }: Pick<JobRequest, "command" | "name">,
): void {
  c.var.audit.note({ detail: { command, name: name ?? null } });
}

/** The call is about that job. */
export function noteJob(
  c: AppContext,
  { id, owner }: Pick<Job, "id" | "owner">,
): void {
  c.var.audit.note({ target: { job: id, owner } });
}
