import type { Job } from "../lib/api/job.ts";
import { describeExit } from "./render_job.ts";
import { shellQuote } from "./shell_quote.ts";
import { visible } from "./visible.ts";

const HEADER = ["ID", "STATE", "EXIT", "OWNER", "AGE", "COMMAND"];

/** Jobs as a table for people, each line at most `width` columns wide. */
export function renderJobs(
  jobs: readonly Job[],
  width = Infinity,
  now: number = Date.now(),
): string {
  const rows = [HEADER, ...jobs.map((job) => cells(job, now))];
  const widths = HEADER.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  return rows.map((row) => {
    const line = row.map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ").trimEnd();
    return (line.length > width ? line.slice(0, width - 1) + "…" : line) + "\n";
  }).join("");
}

function cells(job: Job, now: number): string[] {
  const name = job.name === null ? "" : `${job.name}: `;
  return [
    job.id,
    job.state,
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
