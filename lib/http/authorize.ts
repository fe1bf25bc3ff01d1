import { WorkerError } from "../api/errors.ts";
import type { Job } from "../api/job.ts";
import type { JobFilter, JobService } from "../api/job_service.ts";
import { noteJob } from "./audit_notes.ts";
import type { AppContext, Caller } from "./env.ts";

/** The role that may do everything. */
const ADMIN = "admin";

/** True when `identity` may see and touch the jobs of `owner`. */
function mayTouch(identity: Caller, owner: string): boolean {
  return identity.roles.includes(ADMIN) || identity.name === owner;
}

/**
 * The job, when who asks may see and touch it. The call is recorded as one on that job.
 *
 * @throws {WorkerError} `PERMISSION_DENIED` for somebody else's, `NOT_FOUND` when there is none.
 */
export async function authorizeJob(
  c: AppContext,
  { jobs, id }: { jobs: JobService; id: string },
): Promise<Job> {
  const { identity } = c.var;
  const job = await jobs.get(id);
  noteJob(c, job);
  if (mayTouch(identity, job.owner)) return job;
  throw new WorkerError(
    "PERMISSION_DENIED",
    `job "${id}" belongs to somebody else`,
  );
}

/** @throws {WorkerError} `PERMISSION_DENIED` for who is no administrator. */
export function authorizeAdmin({ name, roles }: Caller): void {
  if (roles.includes(ADMIN)) return;
  throw new WorkerError(
    "PERMISSION_DENIED",
    `"${name}" has not the role "${ADMIN}", which this takes`,
  );
}

/** The filter narrowed to what `identity` may see. @throws {WorkerError} `PERMISSION_DENIED` */
export function authorizeFilter(
  filter: JobFilter,
  identity: Caller,
): JobFilter {
  if (identity.roles.includes(ADMIN)) return filter;
  if (filter.owner !== undefined && filter.owner !== identity.name) {
    throw new WorkerError(
      "PERMISSION_DENIED",
      `"${identity.name}" may not see the jobs of "${filter.owner}"`,
    );
  }
  return { ...filter, owner: identity.name };
}
