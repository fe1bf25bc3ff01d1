import type { Job, JobExit } from "../lib/api/job.ts";
import { shellQuote } from "./shell_quote.ts";
import { visible } from "./visible.ts";

/** A job for people: one `name  value` a line; what it does not have is left out. */
export function renderJob(job: Job): string {
  const limits = Object.entries(job.limits).filter(([, value]) =>
    value !== null
  );
  const rows: [string, string | null][] = [
    ["id", job.id],
    ["name", job.name],
    ["command", shellQuote([job.command, ...job.args])],
    ["state", job.state],
    ["exit", job.exit && describeExit(job.exit)],
    ["pid", job.pid === null ? null : String(job.pid)],
    ["owner", job.owner],
    ["node", job.node],
    ["user", job.user],
    ["cwd", job.cwd],
    ["created", job.createdAt],
    ["started", job.startedAt],
    ["ended", job.endedAt],
    ["timeout", job.timeout],
    ["limits", pairs(limits)],
    ["labels", pairs(Object.entries(job.labels))],
    ["stdout", `${job.bytes.stdout} bytes`],
    ["stderr", `${job.bytes.stderr} bytes`],
    ...job.leftovers.map((one): [string, string] => [
      "leftover",
      `${one.pid} ${shellQuote(one.argv)} (${one.end})`,
    ]),
  ];
  return rows.filter(([, value]) => value).map(([name, value]) =>
    `${name.padEnd(8)}  ${visible(value!)}\n`
  ).join("");
}

/** How a job ended, in words: `0`, `1`, `SIGKILL (timeout)`. */
export function describeExit(exit: JobExit): string {
  const evidence = exit.signal ?? (exit.code === null ? "?" : `${exit.code}`);
  const usual = exit.reason === "exited" || exit.reason === "signaled";
  const words = [usual ? null : exit.reason, exit.detail].filter(Boolean);
  return words.length === 0 ? evidence : `${evidence} (${words.join(": ")})`;
}

function pairs(entries: [string, unknown][]): string {
  return entries.map(([name, value]) => `${name}=${value}`).join(" ");
}
