import { deepEqual, equal, match } from "node:assert/strict";
import { serve, untilSaid } from "./served.ts";

const served = await serve();
Deno.test.afterAll(async () => await served[Symbol.asyncDispose]());
const { worker, spawn } = served;

Deno.test("run keeps the streams apart and exits with the command's code", async () => {
  const script = "echo out; echo err >&2; exit 7";
  deepEqual(await worker(["run", "sh", "-c", script]), {
    code: 7,
    stdout: "out\n",
    stderr: "err\n",
  });
});

Deno.test("run exits with 128+n when a signal ended the command", async () => {
  equal((await worker(["run", "sh", "-c", "kill -9 $$"])).code, 137);
});

Deno.test("run is told in one line what the server refuses", async () => {
  const { code, stdout, stderr } = await worker(["run", "no-such-program"]);
  equal(code, 127);
  equal(stdout, "");
  match(stderr, /^worker: .*"no-such-program".*\n$/);
});

Deno.test("run -i gives back exactly what it is given", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const child = spawn(["run", "-i", "cat"], { stdin: "piped" });
  const writer = child.stdin.getWriter();
  void writer.write(bytes).then(() => writer.close());
  const { code, stdout } = await child.output();
  equal(code, 0);
  deepEqual(stdout, bytes);
});

Deno.test("run -i exits with the job when standard input stays open", async () => {
  const child = spawn(["run", "-i", "true"], { stdin: "piped" });
  equal((await child.output()).code, 0);
  await child.stdin.close().catch(() => {});
});

Deno.test("run ends with its job when its reader goes away", async () => {
  const child = spawn(["run", "--name", "endless", "yes"]);
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  await child.stderr.cancel();
  equal((await child.status).code, 141);
  const { stdout } = await worker(["ls", "--json", "--state", "stopped"]);
  const [job] = JSON.parse(stdout);
  deepEqual([job.name, job.exit.signal], ["endless", "SIGPIPE"]);
});

Deno.test("run forwards SIGINT to the job", async () => {
  const script =
    "trap 'echo caught; exit 5' INT; echo ready >&2; while true; do sleep 0.1; done";
  const child = spawn(["run", "sh", "-c", script]);
  await untilSaid(child.stderr, /ready/);
  child.kill("SIGINT");
  const said = await new Response(child.stdout).text();
  equal((await child.status).code, 5);
  equal(said, "caught\n");
});

Deno.test("run kills the job when a second signal comes", async () => {
  const script = "trap 'echo again >&2' INT; echo ready >&2; " +
    "while true; do sleep 60 & wait; done";
  const child = spawn(["run", "sh", "-c", script]);
  const [stderr, copy] = child.stderr.tee();
  await untilSaid(stderr, /ready/);
  child.kill("SIGINT");
  await untilSaid(copy, /again/);
  child.kill("SIGINT");
  await child.stdout.cancel();
  equal((await child.status).code, 137);
});

Deno.test("start prints an id that status, output, wait and rm understand", async () => {
  const started = await worker([
    "start",
    "--name",
    "counter",
    "sh",
    "-c",
    "printf '1\\n2\\n3\\n'; exit 4",
  ]);
  const id = started.stdout.trim();
  match(started.stdout, /^[0-9a-z]{26}\n$/);
  equal((await worker(["wait", "counter"])).code, 4);
  equal((await worker(["output", "-n", "1", id.slice(-8)])).stdout, "3\n");
  equal((await worker(["output", "-f", id])).code, 4);
  match((await worker(["status", id])).stdout, /state +failed\n/);
  const { id: same } = JSON.parse(
    (await worker(["status", "--json", id])).stdout,
  );
  equal(same, id);
  equal((await worker(["rm", id])).stderr, "");
  const gone = await worker(["status", id]);
  equal(gone.code, 123);
  match(gone.stderr, /^worker: [^\n]*\n$/);
});

Deno.test("the flags of the job design work before the command", async () => {
  const admin = `${served.dir}/state/admin`;
  const address = await Deno.readTextFile(`${served.dir}/state/run/address`);
  const child = spawn([
    `--cacert=${admin}/ca.crt`,
    `--key=${admin}/admin.key`,
    `--cert=${admin}/admin.crt`,
    `--addr=localhost:${address.trim().split(":").at(-1)}`,
    ...["start", "-l", "echo", "-n", "hello"],
  ], { env: { WORKER_PROFILE: "/nonexistent" } });
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  deepEqual([code, text.decode(stdout)], [0, "hello"]);
  match(text.decode(stderr), /^worker: job [0-9a-z]{26}\n$/);
});

Deno.test("certs rotate takes the server before the command as well as behind it", async () => {
  for (
    const argv of [
      ["--addr", "localhost:1", "certs", "rotate", "status"],
      ["certs", "rotate", "status", "--addr", "localhost:1"],
    ]
  ) {
    const { code, stderr } = await served.worker(argv);
    equal(code, 255);
    match(stderr, /localhost:1/);
  }
  const { code, stderr } = await served.worker([
    ...["--addr", "localhost:1", "certs", "show", "x.crt"],
  ]);
  equal(code, 2);
  match(stderr, /--addr/);
});

Deno.test("a connection that fails is exit code 255 and one line", async () => {
  const { code, stderr } = await worker(["--addr", "localhost:9", "ls"]);
  equal(code, 255);
  match(stderr, /^worker: cannot reach "localhost:9": [^\n]*\n$/);
});

Deno.test("doctor finds nothing wrong when all is well", async () => {
  const { code, stdout } = await worker(["doctor", "--json"]);
  const findings = stdout.trim().split("\n").map((line) => JSON.parse(line));
  deepEqual(findings.filter(({ level }) => level === "fail"), []);
  equal(code, 0);
});

Deno.test("doctor names the fault and exits with 1 when there is one", async () => {
  const { code, stdout } = await worker(["doctor", "--cert", "/dev/null"]);
  equal(code, 1);
  match(stdout, /fail {2}cert: "\/dev\/null" is not a certificate in PEM/);
});

Deno.test("completions are a script that the shell accepts", async () => {
  const { stdout } = await worker(["completions", "bash"]);
  const check = new Deno.Command("bash", { args: ["-nc", stdout] });
  equal((await check.output()).code, 0);
  match(stdout, /--timeout/);
});

Deno.test("top prints once when it is piped, and as JSON what the server sent", async () => {
  const id = (await worker(["start", "--name", "shown", "sleep", "60"])).stdout
    .trim();
  const { code, stdout } = await worker(["top"]);
  equal(code, 0);
  match(stdout, /^\d+ jobs?, 0 paused, .*\nID +STATE +OWNER +AGE +CPU% /);
  match(stdout, new RegExp(`^${id} +running .* shown: sleep 60$`, "m"));
  const looks = (await worker(["top", "-n", "2", "--json"])).stdout.trim()
    .split("\n").map((line) => JSON.parse(line));
  deepEqual(looks.map(([job]) => job.id), [id, id]);
  equal((await worker(["stop", id])).code, 0);
});

Deno.test("start --start-after gives a pending job that status explains and stop ends at once", async () => {
  const id = (await worker(["start", "--start-after", "1h", "true"])).stdout
    .trim();
  const { stdout } = await worker(["status", id]);
  match(stdout, /^state +pending\n(?:.*\n)?waits for +its start time$/m);
  equal((await worker(["stop", id])).code, 0);
  match((await worker(["status", id])).stdout, /^state +stopped$/m);
  equal((await worker(["wait", id])).code, 143);
});

Deno.test("start is told the nearest resource limit when there is none of a name", async () => {
  const { code, stderr } = await worker([
    ...["start", "--rlimit", "nofiles=1", "true"],
  ]);
  equal(code, 2);
  match(stderr, /"nofiles" is not a resource limit: did you mean "nofile"\?/);
});
