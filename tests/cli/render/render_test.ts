import { equal, match, ok } from "node:assert/strict";
import { describeSize } from "../../../cli/render/describe_size.ts";
import { describeExit, renderJob } from "../../../cli/render/render_job.ts";
import { describeAge, renderJobs } from "../../../cli/render/render_jobs.ts";
import { shellQuote } from "../../../cli/shell_quote.ts";
import { visible } from "../../../cli/render/visible.ts";
import { exampleJob } from "../../helpers/example_job.ts";

const HOSTILE = "\x1b[2J\r\x07\u202e\x9b1m\n";

Deno.test("visible() shows control characters when a text has them", () => {
  equal(visible(HOSTILE), "\\e[2J\\r\\x07\\u202e\\x9b1m\\n");
  equal(visible("Grüße, 世界"), "Grüße, 世界");
});

Deno.test("shellQuote() makes a line that a shell reads back when words are not plain", async () => {
  const words = [
    "echo",
    "it's",
    "a b",
    "$HOME",
    "",
    "*",
    "x\ny",
    "tab\there\\",
  ];
  const line = shellQuote(["printf", "%s\\0", ...words]);
  const { stdout } = await new Deno.Command("bash", { args: ["-c", line] })
    .output();
  equal(new TextDecoder().decode(stdout), words.join("\0") + "\0");
});

Deno.test("renderJobs() sends nothing to the terminal but text when a job is hostile", () => {
  const job = exampleJob({ name: HOSTILE, command: HOSTILE, owner: HOSTILE });
  const table = renderJobs([job], 400, Date.parse(job.createdAt) + 61_000);
  // deno-lint-ignore no-control-regex
  equal(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(table), false);
  equal(table.split("\n").length, 3, "a header, a job and the end");
});

Deno.test("renderJobs() cuts lines when the terminal is narrow", () => {
  const job = exampleJob({ args: ["x".repeat(500)] });
  for (const line of renderJobs([job], 60).trimEnd().split("\n")) {
    ok(line.length <= 60);
  }
  match(renderJobs([job], 60), /…\n$/);
});

Deno.test("renderJob() leaves out what a job does not have", () => {
  const text = renderJob(exampleJob());
  match(text, /^id +01k9zq4t3v8m2c7x5n0b6d1f2g\n/);
  match(text, /command +echo 'hi there'\n/);
  equal(text.includes("timeout"), false);
});

Deno.test("describeExit() gives the evidence and the reason when it is not the usual one", () => {
  const exit = { code: null, signal: "SIGKILL", detail: null };
  equal(describeExit({ ...exit, reason: "signaled" }), "SIGKILL");
  equal(describeExit({ ...exit, reason: "timeout" }), "SIGKILL (timeout)");
  equal(
    describeExit({ ...exit, signal: null, reason: "stopped" }),
    "stopped before it started",
  );
  equal(
    describeExit({ code: null, signal: null, reason: "lost", detail: "gone" }),
    "? (lost: gone)",
  );
});

Deno.test("describeAge() gives the largest unit", () => {
  const ages = [-5, 59, 60, 3_600, 172_800].map((s) => describeAge(s * 1000));
  equal(ages.join(" "), "0s 59s 1m 1h 2d");
});

Deno.test("renderJob() tells what a job used, asked for, and left behind", () => {
  const text = renderJob(exampleJob({
    usage: {
      cpuSeconds: 1.5,
      memoryBytes: null,
      memoryPeakBytes: 20 * 2 ** 20,
      pids: null,
      readBytes: 1536,
      writtenBytes: 0,
    },
    rlimits: { nofile: 64 },
    isolation: {
      noNewPrivs: false,
      privateTmp: true,
      privateNetwork: false,
      pidNamespace: false,
      readOnly: false,
    },
    leftovers: [
      { pid: 8, argv: ["sleep", "9"], heldOutput: true, end: "killed" },
      { pid: 9, argv: ["d"], heldOutput: false, end: "survived" },
    ],
  }));
  for (
    const line of [
      /^cpu time +1\.50 s$/m,
      /^peak +20M$/m,
      /^read +1\.5K$/m,
      /^written +0$/m,
      /^rlimits +nofile=64$/m,
      /^isolation +noNewPrivs=false privateTmp=true$/m,
      /^leftover +8 sleep 9 \(killed, held the output\)$/m,
      /^survivors +9$/m,
    ]
  ) match(text, line);
  equal(/^(?:memory|pids) /m.test(text), false);
});

Deno.test("renderJob() says what a pending job waits for", () => {
  const pending = {
    state: "pending",
    pid: null,
    startedAt: null,
    endedAt: null,
    exit: null,
    startAfter: "2026-11-21T09:00:10.000Z",
  } as const;
  const at = (time: string) =>
    renderJob(exampleJob(pending), Date.parse(`2026-11-21T09:00:${time}Z`));
  match(at("09"), /^waits for +its start time$/m);
  match(at("09"), /^starts +2026-11-21T09:00:10\.000Z$/m);
  match(at("11"), /^waits for +other jobs to end/m);
});

Deno.test("renderJobs() and renderJob() say that a job is paused while it runs", () => {
  const job = exampleJob({ state: "running", paused: true });
  match(renderJobs([job]), / paused /);
  match(renderJob(job), /^state +paused$/m);
  match(renderJob({ ...job, state: "stopping" }), /^state +stopping$/m);
});

Deno.test("describeSize() is short, whatever the size", () => {
  const sizes = [0, 999, 1000, 1024, 1536, 10_239, 2 ** 20 - 1, 2 ** 30, null];
  equal(
    sizes.map(describeSize).join(" "),
    "0 999 1K 1K 1.5K 10K 1M 1G -",
  );
});
