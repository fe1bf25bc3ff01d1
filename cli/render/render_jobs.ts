import type { Job } from "../../lib/api/job.ts";
import { describeState } from "./describe_state.ts";
import { describeExit } from "./render_job.ts";
import { shellQuote } from "../shell_quote.ts";
import { renderTable } from "./table.ts";
import { visible } from "./visible.ts";

const HEADER = ["ID", "STATE", "EXIT", "OWNER", "AGE", "COMMAND"];

/** Jobs as a table for people, each line at most `width` columns wide. */
export function renderJobs(
  jobs: readonly Job[],
  width = Infinity,
  now: number = Date.now(),
): string {
  const rows = [HEADER, ...jobs.map((job) => cells(job, now))];
  return renderTable(rows, { width });
}

function cells(job: Job, now: number): string[] {
  const name = job.name === null ? "" : `${job.name}: `;
  return [
    job.id,
    describeState(job),
    job.exit === null ? "" : describeExit({ ...job.exit, detail: null }),
    job.owner,
    describeAge(now - Date.parse(job.createdAt)),
    name + shellQuote([job.command, ...job.args]),
  ].map(visible);
}

/** `42s`, `5m`, `3h`, `12d`: the largest unit is enough to find a job. */
export function describeAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
