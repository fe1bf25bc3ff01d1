import { deepEqual, equal, match } from "node:assert/strict";
import { randomBytes, sha256 } from "../helpers/digest.ts";
import { startWorker, WORKER_BIN } from "../helpers/worker.ts";
import { runCommand } from "../helpers/command.ts";
import { waitFor } from "../helpers/wait_for.ts";

Deno.test("worker run behaves like ssh when the command ends", async () => {
  await using worker = await startWorker();
  const script = "echo out; echo err >&2; exit 3";
  const { code, stdout, stderr } = await worker.cli([
    "run",
    "sh",
    "-c",
    script,
  ]);
  deepEqual({ code, stdout, stderr }, {
    code: 3,
    stdout: "out\n",
    stderr: "err\n",
  });
  const killed = await worker.cli(["run", "sh", "-c", "kill -9 $$"]);
  equal(killed.code, 128 + 9);
});

Deno.test("worker run gives options after the command to the command", async () => {
  await using worker = await startWorker();
  const args = ["run", "printf", "%s|", "--help", "-i", "--", "two words", ""];
  equal((await worker.cli(args)).stdout, "--help|-i|--|two words||");
});

Deno.test("worker run is binary-safe when its output goes into a pipe", async () => {
  await using worker = await startWorker();
  const folder = `${worker.folder}/tree`;
  await Deno.mkdir(`${folder}/deep`, { recursive: true });
  await Deno.writeFile(`${folder}/deep/random`, randomBytes(5_000_000));
  const piped = await runCommand([
    "sh",
    "-c",
    `"$0" run tar c -C "$1" tree | tar t`,
    WORKER_BIN,
    worker.folder,
  ], { env: worker.env });
  equal(piped.stdout, "tree/\ntree/deep/\ntree/deep/random\n");

  const copied = await worker.cli(["run", "cat", `${folder}/deep/random`]);
  const original = await Deno.readFile(`${folder}/deep/random`);
  equal(await sha256(copied.bytes), await sha256(original));
});

Deno.test("worker run -i sends standard input unchanged, to its end", async () => {
  await using worker = await startWorker();
  const target = `${worker.folder}/received`;
  const big = randomBytes(20_000_000);
  const { code, stderr } = await worker.cli(
    ["run", "-i", "sh", "-c", `cat > ${target}`],
    { stdin: big },
  );
  deepEqual({ code, stderr }, { code: 0, stderr: "" });
  equal(await sha256(await Deno.readFile(target)), await sha256(big));
});

Deno.test("worker run forwards Ctrl-C, and the job ends with it", async () => {
  await using worker = await startWorker();
  const child = new Deno.Command(WORKER_BIN, {
    args: [
      "run",
      "sh",
      "-c",
      "trap 'exit 42' INT; echo ready; while :; do sleep 0.05; done",
    ],
    env: worker.env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  equal(new TextDecoder().decode((await reader.read()).value), "ready\n");
  child.kill("SIGINT");
  equal((await reader.read()).done, true);
  equal((await child.status).code, 42, await stderr);
});

Deno.test("worker start, status, output, stop and ls agree about one job", async () => {
  await using worker = await startWorker();
  const started = await worker.cli([
    "start",
    "sh",
    "-c",
    "echo one; echo two >&2; exec sleep 60",
  ]);
  const id = started.stdout.trim();
  match(id, /^[0-9a-hjkmnp-tv-z]{26}$/);

  const status = async () => {
    const { stdout } = await worker.cli(["status", id, "--json"]);
    return JSON.parse(stdout);
  };
  await waitFor("the output", async () => (await status()).output.end === 8);
  equal((await status()).state, "running");
  const { stdout, stderr } = await worker.cli(["output", id]);
  deepEqual({ stdout, stderr }, { stdout: "one\n", stderr: "two\n" });

  equal((await worker.cli(["stop", id])).code, 0);
  const { state, exit } = await status();
  deepEqual({ state, reason: exit.reason, signal: exit.signal }, {
    state: "stopped",
    reason: "stopped",
    signal: "SIGTERM",
  });
  match((await worker.cli(["ls"])).stdout, new RegExp(`${id}\\s+stopped`));
  const listed = JSON.parse((await worker.cli(["ls", "--json"])).stdout);
  equal(JSON.stringify(listed).includes(id), true);

  equal((await worker.cli(["rm", id])).code, 0);
  equal((await worker.cli(["status", id])).code, 123);
});

Deno.test("worker start -l listens until the job ends", async () => {
  await using worker = await startWorker();
  const { code, stdout } = await worker.cli([
    "start",
    "-l",
    "sh",
    "-c",
    "for i in 1 2 3; do echo $i; done; exit 5",
  ]);
  deepEqual({ code, stdout }, { code: 5, stdout: "1\n2\n3\n" });
});

Deno.test("worker takes its server and certificate from flags when they are given", async () => {
  await using worker = await startWorker();
  const alice = await worker.issue("alice");
  const { code, stdout } = await worker.cli([
    `--cacert=${alice.cacert}`,
    `--key=${alice.key}`,
    `--cert=${alice.cert}`,
    `--addr=${worker.addr}`,
    "start",
    "-l",
    "echo",
    "from alice",
  ], { env: { XDG_CONFIG_HOME: `${worker.folder}/elsewhere` } });
  deepEqual({ code, stdout }, { code: 0, stdout: "from alice\n" });
  const [job] = JSON.parse(
    (await worker.curl("/v1/jobs", [], { as: alice })).stdout,
  );
  equal(job.owner, "alice");
});
