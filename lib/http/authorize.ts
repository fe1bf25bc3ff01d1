import {
  type AccessObject,
  type AccessVerb,
  authorize,
  mayDo,
} from "../access/authorize.ts";
import { WorkerError } from "../api/errors.ts";
import type { Job } from "../api/job.ts";
import type { JobFilter, JobService } from "../api/job_service.ts";
import { noteJob } from "./audit_notes.ts";
import { connectionOf } from "./connection.ts";
import type { AppContext, Caller } from "./env.ts";

/**
 * The job, when who asks may do that to it. The call is recorded as one on that job.
 *
 * @throws {WorkerError} `PERMISSION_DENIED` for somebody else's, `NOT_FOUND` when there is none.
 */
export async function authorizeJob(
  c: AppContext,
  { jobs, id, to }: { jobs: JobService; id: string; to: AccessVerb<"job"> },
): Promise<Job> {
  const { identity } = c.var;
  const job = await jobs.get(id);
  noteJob(c, job);
  const isOwn = job.owner === identity.name;
  if (isOwn && mayDo<"own job">(identity, to, "own job")) return job;
  if (mayDo<"job">(identity, to, "job")) return job;
  throw new WorkerError(
    "PERMISSION_DENIED",
    `job "${id}" belongs to somebody else`,
  );
}

/** The filter narrowed to what `identity` may see. @throws {WorkerError} `PERMISSION_DENIED` */
export function authorizeFilter(
  filter: JobFilter,
  identity: Caller,
): JobFilter {
  if (mayDo(identity, "read", "job")) return filter;
  if (filter.owner !== undefined && filter.owner !== identity.name) {
    throw new WorkerError(
      "PERMISSION_DENIED",
      `"${identity.name}" may not see the jobs of "${filter.owner}"`,
    );
  }
  return { ...filter, owner: identity.name };
}

/**
 * Lets in who may, and has connected here themselves. A proxy's word is not enough for what would
 * make whoever has a proxy the master of the cluster.
 *
 * @throws {WorkerError} `PERMISSION_DENIED`, saying what it takes.
 */
export function authorizeInPerson<O extends AccessObject>(
  c: AppContext,
  verb: AccessVerb<O>,
  object: O,
): void {
  const { identity } = c.var;
  authorize(identity, verb, object);
  const { via } = connectionOf(c.env.incoming);
  if (via === undefined) return;
  throw new WorkerError(
    "PERMISSION_DENIED",
    `"${identity.name}" asks through the proxy "${via}", whose word is not enough for that: connect to the server with the role auth itself, or use the administrator's socket on its host`,
  );
}
