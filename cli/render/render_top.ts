import type { Job } from "../../lib/api/job.ts";
import { describeSize } from "./describe_size.ts";
import { describeState } from "./describe_state.ts";
import { describeAge } from "./render_jobs.ts";
import { shellQuote } from "../shell_quote.ts";
import { renderTable } from "./table.ts";
import { visible } from "./visible.ts";

/** Jobs as they were at a time, in milliseconds since the epoch. */
export interface Sample {
  at: number;
  jobs: readonly Job[];
}

/** Options of {@linkcode renderTop}. */
export interface TopOptions {
  /** What was seen before: CPU is what was used since then. Without it, since the job's start. */
  before?: Sample | null;
  /** The most columns of a line. @default {Infinity} */
  width?: number;
  /** The most lines. @default {Infinity} */
  height?: number;
}

const HEADER = [
  ...["ID", "STATE", "OWNER", "AGE", "CPU%", "MEM", "PEAK", "PIDS"],
  ...["READ", "WRITTEN", "COMMAND"],
];
const NUMBERS = [3, 4, 5, 6, 7, 8, 9];

/** What each job uses, as a table for people, the busiest first; `-` is not known. */
export function renderTop(
  sample: Sample,
  { before = null, width = Infinity, height = Infinity }: TopOptions = {},
): string {
  const rows = sample.jobs
    .map((job) => ({ job, cpu: cpuPercent(job, sample, before) }))
    .sort((a, b) => (b.cpu ?? -1) - (a.cpu ?? -1))
    .map(({ job, cpu }) => cells(job, { cpu, now: sample.at }));
  const table = renderTable([HEADER, ...rows], { width, right: NUMBERS });
  const lines = [summary(sample.jobs), ...table.split("\n").slice(0, -1)];
  return lines.slice(0, height).map((line) => line + "\n").join("");
}

function cells(
  job: Job,
  { cpu, now }: { cpu: number | null; now: number },
): string[] {
  const { usage } = job;
  const name = job.name === null ? "" : `${job.name}: `;
  return [
    job.id,
    describeState(job),
    job.owner,
    describeAge(now - Date.parse(job.startedAt ?? job.createdAt)),
    cpu === null ? "-" : cpu.toFixed(1),
    describeSize(usage?.memoryBytes ?? null),
    describeSize(usage?.memoryPeakBytes ?? null),
    String(usage?.pids ?? "-"),
    describeSize(usage?.readBytes ?? null),
    describeSize(usage?.writtenBytes ?? null),
    name + shellQuote([job.command, ...job.args]),
  ].map(visible);
}

/** CPU time against the clock, 100 for one CPU; null when it is not known. */
function cpuPercent(
  job: Job,
  { at }: Sample,
  before: Sample | null,
): number | null {
  if (job.usage === null || job.startedAt === null) return null;
  const earlier = before?.jobs.find(({ id }) => id === job.id)?.usage;
  const since = earlier ? before!.at : Date.parse(job.startedAt);
  const used = job.usage.cpuSeconds - (earlier?.cpuSeconds ?? 0);
  // The clocks of the two hosts may differ.
  return at > since ? Math.max(0, used * 100_000 / (at - since)) : null;
}

function summary(jobs: readonly Job[]): string {
  const paused = jobs.filter((job) => describeState(job) === "paused").length;
  const known = jobs.flatMap(({ usage }) => usage?.memoryBytes ?? []);
  const memory = known.length === 0 && jobs.length > 0
    ? null
    : known.reduce((sum, bytes) => sum + bytes, 0);
  const count = jobs.length === 1 ? "1 job" : `${jobs.length} jobs`;
  return `${count}, ${paused} paused, ${describeSize(memory)} memory`;
}
