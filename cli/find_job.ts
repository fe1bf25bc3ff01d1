import { WorkerError } from "../lib/api/errors.ts";
import type { Job } from "../lib/api/job.ts";
import type { JobClient } from "../lib/client/job_client.ts";

const ULID = /^[0-9a-hjkmnp-tv-z]{26}$/;

/** Characters of an id's end that are random, so that so few name it. */
const SHORTEST_SUFFIX = 6;

/**
 * The id of the job that a person means by an id, a job's name, the beginning of an id, or at
 * least the last six characters of one. (Ids begin with the time: those of one minute look alike.)
 *
 * @throws {WorkerError} `NOT_FOUND` when it is none, `CONFLICT` when it is more than one.
 */
export async function findJob(
  client: JobClient,
  reference: string,
): Promise<string> {
  const lower = reference.toLowerCase();
  if (ULID.test(lower)) return lower;
  const jobs = await client.list();
  const named = jobs.filter(({ name }) => name === reference);
  const found = named.length > 0
    ? named
    : jobs.filter((job) => fits(job, lower));
  if (found.length === 0) {
    throw new WorkerError(
      "NOT_FOUND",
      `no job is called "${reference}": see \`worker ls\``,
    );
  }
  if (found.length > 1) {
    const ids = found.slice(-5).map(({ id }) => id).join(", ");
    throw new WorkerError(
      "CONFLICT",
      `"${reference}" means ${found.length} jobs: use the whole id, e.g. ${ids}`,
    );
  }
  return found[0]!.id;
}

function fits({ id }: Job, part: string): boolean {
  if (part === "") return false;
  return id.startsWith(part) ||
    (part.length >= SHORTEST_SUFFIX && id.endsWith(part));
}
