import { deepEqual, equal, match } from "node:assert/strict";
import { connect } from "node:net";
import { waitFor } from "../helpers/wait_for.ts";
import { startWorker, type Worker } from "../helpers/worker.ts";

/** After anything bad: the daemon is the same process and runs commands. */
async function stillServes(worker: Worker): Promise<void> {
  const { code, stdout } = await worker.cli(["run", "echo", "alive"]);
  deepEqual({ code, stdout }, { code: 0, stdout: "alive\n" });
  equal((await Deno.stat(`/proc/${worker.pid}`)).isDirectory, true);
}

Deno.test("worker says what is wrong in one line when the request is", async (t) => {
  await using worker = await startWorker();
  const plain = `${worker.folder}/plain`;
  await Deno.writeTextFile(plain, "", { mode: 0o644 });
  const id = (await worker.cli(["start", "sleep", "60"])).stdout.trim();
  const cases: [string, string[], number, RegExp][] = [
    ["unknown job", ["status", "01k00000000000000000000000"], 123, /"?01k0+"?/],
    ["not an id", ["output", "no such job"], 123, /no such job/],
    ["no command", ["run"], 2, /./],
    ["empty command", ["run", ""], 2, /command/],
    ["no such command", ["run", "no-such-command"], 127, /"no-such-command"/],
    ["no such path", ["run", "/no/such/path"], 127, /"\/no\/such\/path"/],
    ["not executable", ["run", plain], 127, new RegExp(`"${plain}"`)],
    ["no such cwd", ["run", "--cwd=/no/such", "true"], 2, /"\/no\/such"/],
    ["relative cwd", ["run", "--cwd=here", "true"], 2, /absolute/],
    ["no such user", ["run", "--user=nobody-here", "id"], 2, /"nobody-here"/],
    ["negative timeout", ["run", "--timeout=-1s", "true"], 2, /-1s/],
    ["no duration", ["run", "--timeout=soon", "true"], 2, /soon/],
    ["no size", ["run", "--memory=much", "true"], 2, /much/],
    [
      "unknown option",
      ["run", "--no-such-option", "true"],
      2,
      /no-such-option/,
    ],
    ["unknown command", ["explode"], 2, /explode/],
    ["not a signal", ["stop", "--signal=SIGNOT", id], 2, /SIGNOT/],
  ];
  for (const [what, args, expected, said] of cases) {
    await t.step(what, async () => {
      const { code, stdout, stderr } = await worker.cli(args);
      equal(code, expected, stderr);
      equal(stdout, "");
      match(stderr, /^[^\n]+\n$/);
      match(stderr, said);
    });
  }
  await t.step("and the daemon goes on", () => stillServes(worker));
});

Deno.test("the API answers with a problem when a body is wrong", async (t) => {
  await using worker = await startWorker();
  const big = `{"command":"echo","args":["${"x".repeat(1_000_000)}`;
  const cases: [string, string, number, string][] = [
    ["not JSON", "{command", 400, "INVALID_ARGUMENT"],
    ["empty", "", 400, "INVALID_ARGUMENT"],
    ["a list", "[]", 400, "INVALID_ARGUMENT"],
    ["empty command", `{"command":""}`, 400, "INVALID_ARGUMENT"],
    ["unknown field", `{"command":"id","shell":1}`, 400, "INVALID_ARGUMENT"],
    ["a number", `{"command":"id","args":[1]}`, 400, "INVALID_ARGUMENT"],
    ["a NUL", `{"command":"id","args":["\\u0000"]}`, 400, "INVALID_ARGUMENT"],
    [
      "negative",
      `{"command":"id","timeout":"-1s"}`,
      400,
      "INVALID_ARGUMENT",
    ],
    ["no such", `{"command":"no-such"}`, 422, "COMMAND_NOT_FOUND"],
    ["100 MB", big.padEnd(100_000_000, "x"), 400, "INVALID_ARGUMENT"],
  ];
  for (const [what, body, status, code] of cases) {
    for (const protocol of ["--http2", "--http1.1"]) {
      await t.step(`${what} ${protocol}`, async () => {
        const { stdout } = await worker.curl(
          "/v1/jobs",
          [protocol, "--data-binary", "@-", "-w", "\n%{content_type}"],
          { stdin: body },
        );
        const [answer, contentType] = stdout.trim().split(/\n+/);
        const problem = JSON.parse(answer!);
        deepEqual([problem.status, problem.code], [status, code]);
        equal(contentType, "application/problem+json");
      });
    }
  }
  await t.step("and the daemon goes on", () => stillServes(worker));
});

Deno.test("another owner's job is not for everybody", async () => {
  await using worker = await startWorker();
  const [alice, bob] = [await worker.issue("alice"), await worker.issue("bob")];
  const started = await worker.curl("/v1/jobs", ["-d", `{"command":"id"}`], {
    as: alice,
  });
  const { id } = JSON.parse(started.stdout);
  for (
    const [path, args] of [
      [`/v1/jobs/${id}`, []],
      [`/v1/jobs/${id}/output`, []],
      [`/v1/jobs/${id}/stop`, ["-d", "{}"]],
      [`/v1/jobs/${id}/signal`, ["-d", `{"signal":"SIGHUP"}`]],
      [`/v1/jobs/${id}/input`, ["-d", "x"]],
      [`/v1/jobs/${id}`, ["-X", "DELETE"]],
    ] as const
  ) {
    const { stdout } = await worker.curl(path, args, { as: bob });
    const { code } = JSON.parse(stdout);
    equal(code, "PERMISSION_DENIED", `${path} ${args}`);
  }
  deepEqual(
    JSON.parse((await worker.curl("/v1/jobs", [], { as: bob })).stdout),
    [],
  );
  const own = await worker.curl(`/v1/jobs/${id}`, ["--fail"], { as: alice });
  equal(own.code, 0);
});

Deno.test("the daemon goes on when garbage comes to its port", async () => {
  await using worker = await startWorker();
  const at = worker.addr.lastIndexOf(":");
  for (
    const garbage of ["GET / HTTP/1.0\r\n\r\n", "\x16\x03\x01\xff\xff", ""]
  ) {
    await new Promise<void>((resolve) => {
      const socket = connect({
        host: worker.addr.slice(0, at),
        port: Number(worker.addr.slice(at + 1)),
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve());
      socket.resume();
      socket.end(garbage);
    });
  }
  await stillServes(worker);
});

Deno.test("a client that never reads slows neither the job nor the daemon", async () => {
  await using worker = await startWorker({ args: ["--output-cap=1M"] });
  const [received, go] = [`${worker.folder}/received`, `${worker.folder}/go`];
  const { stdout } = await worker.cli([
    "start",
    "sh",
    "-c",
    `echo ready; until [ -e ${go} ]; do sleep 0.05; done; head -c 300M /dev/zero`,
  ]);
  const id = stdout.trim();
  const { cacert, cert, key } = worker.admin;
  const reader = new Deno.Command("curl", {
    args: [
      ...["--silent", "--no-buffer", "--limit-rate", "1k", "-o", received],
      ...["--cacert", cacert, "--cert", cert, "--key", key],
      `https://${worker.addr}/v1/jobs/${id}/output?follow=true`,
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  await waitFor("the reader to follow", async () => {
    const file = await Deno.stat(received).catch(() => null);
    return file !== null && file.size > 0;
  });
  await Deno.writeTextFile(go, "");
  const wait = await worker.curl(`/v1/jobs/${id}?wait=true`);
  const { state, bytes } = JSON.parse(wait.stdout);
  deepEqual([state, bytes.stdout], ["succeeded", 300 * 2 ** 20 + 6]);
  await stillServes(worker);
  reader.kill("SIGKILL");
  await reader.status;
});
