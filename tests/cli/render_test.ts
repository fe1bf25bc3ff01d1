import { equal, match, ok } from "node:assert/strict";
import { describeExit, renderJob } from "../../cli/render_job.ts";
import { describeAge, renderJobs } from "../../cli/render_jobs.ts";
import { shellQuote } from "../../cli/shell_quote.ts";
import { visible } from "../../cli/visible.ts";
import { exampleJob } from "../helpers/example_job.ts";

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
    describeExit({ code: null, signal: null, reason: "lost", detail: "gone" }),
    "? (lost: gone)",
  );
});

Deno.test("describeAge() gives the largest unit", () => {
  const ages = [-5, 59, 60, 3_600, 172_800].map((s) => describeAge(s * 1000));
  equal(ages.join(" "), "0s 59s 1m 1h 2d");
});
