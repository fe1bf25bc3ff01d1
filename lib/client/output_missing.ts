import type { JobService, OutputOptions } from "../api/job_service.ts";

/** Which output is followed. */
export interface FollowedOutput {
  id: string;
  /** One past the last byte that came; null while that is not known. */
  offset: number | null;
  /** The only stream that is read. */
  stream?: OutputOptions["stream"] | undefined;
}

/** Whether somebody who follows a job to its end should have got more than he did. */
export async function isOutputMissing(
  jobs: Pick<JobService, "get">,
  { id, offset, stream, signal }: FollowedOutput & { signal: AbortSignal },
): Promise<boolean> {
  const { exit, output } = await jobs.get(id, { signal });
  if (exit !== null) return true;
  // Of one stream only, what is behind the offset may be the other's.
  return offset !== null && stream === undefined && output.end > offset;
}
