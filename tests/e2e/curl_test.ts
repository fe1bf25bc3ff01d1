import { deepEqual, equal, match } from "node:assert/strict";
import { startWorker } from "../helpers/worker.ts";

Deno.test("curl runs a command and sees its output and its end", async () => {
  await using worker = await startWorker();
  for (const protocol of ["--http2", "--http1.1"]) {
    const { stdout, code } = await worker.curl("/v1/run", [
      protocol,
      "--fail",
      "-d",
      `{"command":"sh","args":["-c","printf 'one\\\\ntwo\\\\n'; printf '\\\\377' >&2; exit 4"]}`,
    ]);
    equal(code, 0);
    const records = stdout.trim().split("\n").map((line) => JSON.parse(line));
    equal(records[0].type, "job");
    const text = (stream: string) =>
      records.filter((record) => record.stream === stream);
    deepEqual(text("stdout").map(({ data }) => data), ["one\n", "two\n"]);
    deepEqual(
      text("stderr").map(({ data, encoding }) => [data, encoding]),
      [["/w==", "base64"]],
    );
    const end = records.at(-1);
    deepEqual([end.type, end.state, end.exit.code], ["end", "failed", 4]);
    deepEqual(end.bytes, { stdout: 8, stderr: 1 });
  }
});

Deno.test("curl drives a job from its start to its removal", async () => {
  await using worker = await startWorker();
  const started = await worker.curl("/v1/jobs", [
    "-i",
    "-d",
    `{"command":"cat","stdin":true}`,
  ]);
  const location = /^location: (\/v1\/jobs\/\S+)/im.exec(started.stdout)?.[1];
  match(location ?? "", /^\/v1\/jobs\/[0-9a-z]{26}$/);
  match(started.stdout, /^HTTP\/2 201/);

  const given = await worker.curl(
    `${location}/input`,
    ["--fail", "--data-binary", "@-"],
    { stdin: "through cat\n" },
  );
  equal(given.code, 0, given.stderr);
  const ended = await worker.curl(`${location}?wait=true`, ["--fail"]);
  equal(JSON.parse(ended.stdout).state, "succeeded");
  const raw = await worker.curl(`${location}/output?follow=true`, [
    "-H",
    "Accept: application/octet-stream",
  ]);
  equal(raw.stdout, "through cat\n");
  const resumed = await worker.curl(`${location}/output?from=8`);
  equal(JSON.parse(resumed.stdout.split("\n")[0]!).data, "cat\n");
  equal((await worker.curl(location!, ["--fail", "-X", "DELETE"])).code, 0);
  const gone = JSON.parse((await worker.curl(location!)).stdout);
  deepEqual([gone.status, gone.code], [404, "NOT_FOUND"]);
});

Deno.test("curl stops a job with all that it started", async () => {
  await using worker = await startWorker();
  const { stdout } = await worker.curl("/v1/jobs", [
    "-d",
    `{"command":"sh","args":["-c","trap '' TERM; sleep 61 & echo $!; wait; wait"]}`,
  ]);
  const { id } = JSON.parse(stdout);
  const stopped = await worker.curl(`/v1/jobs/${id}/stop`, [
    "--fail",
    "-d",
    `{"grace":"200ms"}`,
  ]);
  equal(JSON.parse(stopped.stdout).state, "stopped");
  const output = await worker.curl(`/v1/jobs/${id}/output?format=raw`);
  const pid = /\d+/.exec(output.stdout)?.[0];
  equal(await Deno.stat(`/proc/${pid}`).then(() => true, () => false), false);
});

Deno.test("curl reads health, metrics and the description of the API", async () => {
  await using worker = await startWorker();
  for (const path of ["/healthz", "/readyz", "/metrics", "/openapi.json"]) {
    equal((await worker.curl(path, ["--fail"])).code, 0, path);
  }
  const { openapi, paths } = JSON.parse(
    (await worker.curl("/openapi.json")).stdout,
  );
  match(openapi, /^3\.1/);
  equal("/v1/run" in paths, true);
});
