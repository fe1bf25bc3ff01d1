import type { Job, JobExit, JobUsage, Leftover } from "../../lib/api/job.ts";
import { describeSize } from "./describe_size.ts";
import { describePending, describeState } from "./describe_state.ts";
import { shellQuote } from "../shell_quote.ts";
import { visible } from "./visible.ts";

/** A job for people: one `name  value` a line; what it does not have is left out. */
export function renderJob(job: Job, now: number = Date.now()): string {
  const limits = Object.entries(job.limits).filter(([, value]) =>
    value !== null
  );
  // False is what is said of the others when they were not asked for.
  const isolation = Object.entries(job.isolation).filter(([name, value]) =>
    name === "noNewPrivs" ? value !== null : value
  );
  const rows: Row[] = [
    ["id", job.id],
    ["name", job.name],
    ["command", shellQuote([job.command, ...job.args])],
    ["state", describeState(job)],
    ["waits for", describePending(job, now)],
    ["exit", job.exit && describeExit(job.exit)],
    ["pid", job.pid === null ? null : String(job.pid)],
    ["owner", job.owner],
    ["node", job.node],
    ["user", job.user],
    ["cwd", job.cwd],
    ["created", job.createdAt],
    ["starts", job.startedAt === null ? job.startAfter : null],
    ["started", job.startedAt],
    ["ended", job.endedAt],
    ["timeout", job.timeout],
    ["limits", pairs(limits)],
    ["rlimits", pairs(Object.entries(job.rlimits))],
    ["isolation", pairs(isolation)],
    ["labels", pairs(Object.entries(job.labels))],
    ["stdout", `${job.bytes.stdout} bytes`],
    ["stderr", `${job.bytes.stderr} bytes`],
    ...usageRows(job.usage),
    ...leftoverRows(job.leftovers),
  ];
  return rows.filter(([, value]) => value).map(([name, value]) =>
    `${name.padEnd(9)}  ${visible(value!)}\n`
  ).join("");
}

type Row = [string, string | null];

function usageRows(usage: JobUsage | null): Row[] {
  if (usage === null) return [];
  const { memoryBytes, memoryPeakBytes, pids, readBytes, writtenBytes } = usage;
  const known = (
    value: number | null,
    text: (size: string) => string,
  ): string | null => value === null ? null : text(describeSize(value));
  return [
    ["cpu time", `${usage.cpuSeconds.toFixed(2)} s`],
    ["memory", known(memoryBytes, (size) => size)],
    ["peak", known(memoryPeakBytes, (size) => size)],
    ["pids", pids === null ? null : String(pids)],
    ["read", known(readBytes, (size) => size)],
    ["written", known(writtenBytes, (size) => size)],
  ];
}

/** What outlived the main process, and whether anything does still. */
function leftoverRows(leftovers: readonly Leftover[]): Row[] {
  if (leftovers.length === 0) return [];
  const survivors = leftovers.filter(({ end }) => end === "survived");
  return [
    ...leftovers.map(({ pid, argv, heldOutput, end }): Row => [
      "leftover",
      `${pid} ${shellQuote(argv)} (${
        heldOutput ? `${end}, held the output` : end
      })`,
    ]),
    [
      "survivors",
      survivors.length === 0
        ? "none"
        : survivors.map(({ pid }) => pid).join(" "),
    ],
  ];
}

/** How a job ended, in words: `0`, `1`, `SIGKILL (timeout)`. */
export function describeExit(exit: JobExit): string {
  if (exit.reason === "stopped" && exit.code === null && exit.signal === null) {
    return "stopped before it started";
  }
  const evidence = exit.signal ?? (exit.code === null ? "?" : `${exit.code}`);
  const usual = exit.reason === "exited" || exit.reason === "signaled";
  const words = [usual ? null : exit.reason, exit.detail].filter(Boolean);
  return words.length === 0 ? evidence : `${evidence} (${words.join(": ")})`;
}

function pairs(entries: [string, unknown][]): string {
  return entries.map(([name, value]) => `${name}=${value}`).join(" ");
}
