import { deepEqual, equal, match, ok } from "node:assert/strict";
import { renderTop } from "../../../cli/render/render_top.ts";
import type { Job, JobUsage } from "../../../lib/api/job.ts";
import { exampleJob } from "../../helpers/example_job.ts";

const START = Date.parse("2026-11-21T09:00:00Z");

function usage(cpuSeconds: number, more: Partial<JobUsage> = {}): JobUsage {
  return {
    cpuSeconds,
    memoryBytes: 3 * 2 ** 20,
    memoryPeakBytes: 4 * 2 ** 20,
    pids: 2,
    readBytes: 0,
    writtenBytes: 2048,
    ...more,
  };
}

function running(id: string, changes: Partial<Job> = {}): Job {
  return exampleJob({
    id,
    state: "running",
    startedAt: new Date(START).toISOString(),
    endedAt: null,
    exit: null,
    usage: usage(0),
    ...changes,
  });
}

/** The cells of each line below the summary. */
function rows(text: string): string[][] {
  return text.trimEnd().split("\n").slice(1).map((line) =>
    line.trim().split(/ {2,}/)
  );
}

Deno.test("renderTop() shows what each job uses", () => {
  const job = running("a", { usage: usage(5), name: "web" });
  const text = renderTop({ at: START + 10_000, jobs: [job] });
  match(text, /^1 job, 0 paused, 3M memory\n/);
  deepEqual(rows(text), [
    ["ID", "STATE", "OWNER", "AGE", "CPU%", "MEM", "PEAK", "PIDS"]
      .concat(["READ", "WRITTEN", "COMMAND"]),
    ["a", "running", "alice", "10s", "50.0", "3M", "4M", "2", "0", "2K"]
      .concat("web: echo 'hi there'"),
  ]);
});

Deno.test("renderTop() counts CPU since the look before, and since the start of a new job", () => {
  const before = { at: START + 10_000, jobs: [running("a")] };
  const jobs = [
    running("a", { usage: usage(3) }),
    running("b", {
      startedAt: new Date(START + 11_000).toISOString(),
      usage: usage(0.25),
    }),
  ];
  const text = renderTop({ at: START + 12_000, jobs }, { before });
  deepEqual(rows(text).map((row) => row[4]), ["CPU%", "150.0", "25.0"]);
});

Deno.test("renderTop() does not take memory that is not known for none", () => {
  const jobs = [running("a", { usage: null }), running("b", { usage: null })];
  match(renderTop({ at: START, jobs }), /^2 jobs, 0 paused, - memory\n/);
});

Deno.test("renderTop() puts the busiest first and what is not known last, as -", () => {
  const jobs = [
    running("unknown", { usage: null }),
    running("idle", { paused: true }),
    running("busy", { usage: usage(9, { memoryBytes: null, pids: null }) }),
  ];
  const text = renderTop({ at: START + 10_000, jobs });
  const [, busy, idle, unknown] = rows(text);
  deepEqual(busy!.slice(0, 8), [
    ...["busy", "running", "alice", "10s", "90.0", "-", "4M", "-"],
  ]);
  deepEqual(idle!.slice(0, 2), ["idle", "paused"]);
  deepEqual(unknown!.slice(4, 10), Array(6).fill("-"));
});

Deno.test("renderTop() stays within the terminal", () => {
  const jobs = Array.from({ length: 50 }, (_, n) => running(`job-${n}`));
  const text = renderTop({ at: START, jobs }, { width: 40, height: 10 });
  const lines = text.split("\n");
  equal(lines.length, 11, "ten lines and the end");
  ok(lines.every((line) => line.length <= 40));
});
