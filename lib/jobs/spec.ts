import { WorkerError } from "../api/errors.ts";
import type { JobRequest, JobSpec } from "../api/job.ts";
import { JobSpecSchema } from "../api/job_schema.ts";
import { parseSize } from "../api/size.ts";
import { MIN_OUTPUT_CAP_BYTES } from "./segment_plan.ts";

/** The request with its defaults filled in. @throws {WorkerError} `INVALID_ARGUMENT` */
export function parseSpec(request: JobRequest): JobSpec {
  const parsed = JobSpecSchema.safeParse(request);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const field = issue.path.join(".");
    throw new WorkerError(
      "INVALID_ARGUMENT",
      field ? `${field}: ${issue.message}` : issue.message,
    );
  }
  const { output } = parsed.data.limits;
  if (output !== null && parseSize(output) < MIN_OUTPUT_CAP_BYTES) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `limits.output: "${output}" is too small: write "64K" or more`,
    );
  }
  return parsed.data;
}
