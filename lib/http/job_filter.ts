import { WorkerError } from "../api/errors.ts";
import type { JobState } from "../api/job.ts";
import type { JobFilter } from "../api/job_service.ts";
import { JOB_STATES } from "../api/job_states.ts";

/** The query of `GET /v1/jobs`, as text. */
export interface FilterQuery {
  /** States, separated by commas. */
  state?: string | undefined;
  owner?: string | undefined;
  /** `key=value`, or several of these. */
  label?: string | string[] | undefined;
  limit?: number | undefined;
  after?: string | undefined;
}

/** What a query asks for. @throws {WorkerError} `INVALID_ARGUMENT` */
export function parseFilter(
  { state, owner, label, limit, after }: FilterQuery,
): JobFilter {
  return {
    ...(state !== undefined && { state: state.split(",").map(parseState) }),
    ...(owner !== undefined && { owner }),
    ...(label !== undefined &&
      { labels: Object.fromEntries([label].flat().map(parseLabel)) }),
    ...(limit !== undefined && { limit }),
    ...(after !== undefined && { after }),
  };
}

function parseState(text: string): JobState {
  const state = JOB_STATES.find((one) => one === text);
  if (state !== undefined) return state;
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `"${text}" is not a state: it is one of ${JOB_STATES.join(", ")}`,
  );
}

function parseLabel(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `"${text}" is not a label: write "key=value"`,
  );
}
