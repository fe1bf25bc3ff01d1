/** SIGUSR2 at the wrong moment, or when somebody dies of it: one server serves afterwards. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { isAlive } from "../helpers/jobs.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { startWorker, type Worker, WORKER_BIN } from "../helpers/worker.ts";

/** A server with a job, started from a file that a test may damage. */
async function startFromCopy() {
  const folder = await Deno.makeTempDir({ prefix: "worker-takeover-" });
  const executable = `${folder}/worker`;
  await Deno.copyFile(WORKER_BIN, executable);
  const worker = await startWorker({ program: [executable] });
  return {
    worker,
    executable,
    [Symbol.asyncDispose]: async () => {
      await worker[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** What is looked at of a job. */
interface Job {
  state: string;
  pid: number;
}

async function startJob(worker: Worker): Promise<number> {
  const { stdout } = await worker.curl("/v1/jobs", [
    "-d",
    `{"command":"sleep","args":["1000"]}`,
  ]);
  return JSON.parse(stdout).pid;
}

/** What proc(5) says of a process. */
function readStatus(pid: number): string {
  return Deno.readTextFileSync(`/proc/${pid}/status`);
}

/** The process that was started to take the server's place. */
function replacementOf(worker: Worker, count = 1): Promise<number> {
  return waitFor("the replacement to be started", () => {
    const started = [...worker.log.matchAll(/started (\d+) to take/g)];
    return started.length >= count && Number(started.at(-1)![1]);
  }, { interval: 1 });
}

/** Waits until one process alone is the server, and looks whether all is as it should be. */
async function oneServes(worker: Worker, job: number): Promise<void> {
  await waitFor("one server alone", async () => {
    // Who has the place now may be about to hand it over.
    await worker.adopt();
    const pids = await worker.serving();
    return pids.length === 1 && pids[0] === worker.pid;
  });
  const run = `${worker.stateDir}/run`;
  await waitFor(
    "its address",
    async () =>
      (await Deno.readTextFile(`${run}/address`).catch(() => "")).trim() ===
        worker.addr,
  );
  equal((await worker.cli(["run", "echo", "on"])).stdout, "on\n");
  const socket = await worker.cli(
    [`--addr=unix:${run}/admin.sock`, "run", "echo", "on"],
    { env: { XDG_CONFIG_HOME: `${worker.folder}/none` } },
  );
  equal(socket.stdout, "on\n", socket.stderr);
  equal(isAlive(job), true);
  const { stdout } = await worker.cli(["ls", "--json"]);
  deepEqual(
    JSON.parse(stdout).filter(({ state }: Job) => state === "running")
      .map(({ pid }: Job) => pid),
    [job],
    stdout,
  );
}

Deno.test("one of two servers has the state directory when they start at once", async () => {
  await using worker = await startWorker();
  const job = await startJob(worker);
  await worker.stop();
  const args = [
    "serve",
    `--state-dir=${worker.stateDir}`,
    `--listen=${worker.addr}`,
  ];
  const others = [worker.cli(args), worker.cli(args), worker.cli(args)];
  const first = await Promise.race(others);
  equal(first.code, 122, first.stderr);
  match(first.stderr, /another server \(pid/);
  await oneServes(worker, job);
  await worker.stop();
  const codes = (await Promise.all(others)).map(({ code }) => code).sort();
  deepEqual(codes, [0, 122, 122]);
});

Deno.test("SIGUSR2 at the start of a server replaces it when it serves", async () => {
  await using worker = await startWorker();
  const job = await startJob(worker);
  await worker.stop();
  const started = worker.start();
  const pid = await waitFor(
    "the process",
    async () => (await worker.serving())[0],
    { interval: 1 },
  );
  // From before its handlers on would be the end of any process; these come when it has them.
  const caught = () =>
    (BigInt(
      "0x" +
        /^SigCgt:\s*(\w+)/m.exec(
          Deno.readTextFileSync(`/proc/${pid}/status`),
        )![1],
    ) >> 11n) & 1n;
  await waitFor("its handlers", () => caught() === 1n, { interval: 1 });
  Deno.kill(pid, "SIGUSR2");
  await started;
  await waitFor("another one", () => !isAlive(pid));
  await oneServes(worker, job);
});

for (const first of ["SIGUSR2", "SIGTERM"] as const) {
  const second = first === "SIGUSR2" ? "SIGTERM" : "SIGUSR2";
  Deno.test(`${second} right after ${first} ends the server, and none takes its place`, async () => {
    await using worker = await startWorker();
    const job = await startJob(worker);
    const pid = worker.pid;
    Deno.kill(pid, first);
    Deno.kill(pid, second);
    await waitFor(
      "all to end",
      async () => (await worker.serving()).length === 0,
    );
    await worker.stop();
    equal(isAlive(job), true);
    await worker.start();
    await oneServes(worker, job);
  });
}

Deno.test("a server is left alone when it is killed while its replacement starts", async () => {
  await using worker = await startWorker();
  const job = await startJob(worker);
  const old = worker.pid;
  Deno.kill(old, "SIGUSR2");
  const next = await replacementOf(worker);
  Deno.kill(old, "SIGKILL");
  await waitFor("its end", () => !isAlive(old));
  await oneServes(worker, job);
  equal(worker.pid, next);
});

Deno.test("a server is replaced when it is killed right after its replacement is ready", async () => {
  await using worker = await startWorker();
  const job = await startJob(worker);
  const old = worker.pid;
  Deno.kill(old, "SIGUSR2");
  const next = await replacementOf(worker);
  await waitFor(
    "the replacement to serve",
    () => worker.log.includes("serves in this server's place"),
    { interval: 1 },
  );
  Deno.kill(old, "SIGKILL");
  await oneServes(worker, job);
  equal(worker.pid, next);
});

Deno.test("another server can be started when the replacement is killed while the old one drains", async () => {
  await using worker = await startWorker({ args: ["--shutdown-timeout=1h"] });
  const job = await startJob(worker);
  const old = worker.pid;
  // A request that keeps the old one from ending.
  const upload = new Deno.Command("curl", {
    args: [
      ...["--silent", "--cacert", worker.admin.cacert],
      ...["--cert", worker.admin.cert, "--key", worker.admin.key],
      ...["-T", "-", "-X", "POST", `https://${worker.addr}/v1/jobs`],
    ],
    stdin: "piped",
    stdout: "null",
  }).spawn();
  const writer = upload.stdin.getWriter();
  await writer.write(new TextEncoder().encode("{"));
  await waitFor(
    "the request",
    async () =>
      /worker_connections [1-9]/.test((await worker.curl("/metrics")).stdout),
  );
  Deno.kill(old, "SIGUSR2");
  const next = await replacementOf(worker);
  await worker.adopt();
  await waitFor(
    "the place",
    () => worker.adopt().then(() => worker.pid === next),
  );
  Deno.kill(next, "SIGKILL");
  await waitFor("its end", () => !isAlive(next));
  equal(isAlive(old), true, "the old one still drains");
  // Nobody listens: whoever connects is told so, and does not wait in vain.
  const { code, stderr } = await worker.curl("/healthz", ["--max-time", "5"]);
  equal(code, 7, stderr);
  await worker.start();
  equal((await worker.cli(["run", "echo", "on"])).stdout, "on\n");
  await writer.close().catch(() => {});
  await upload.status;
  await waitFor("the old one to end", () => !isAlive(old));
  await oneServes(worker, job);
});

for (
  const [what, damage] of [
    ["is missing", (path: string) => Deno.remove(path)],
    ["may not be run", (path: string) => Deno.chmod(path, 0o644)],
    [
      "is garbage",
      async (path: string) => {
        await Deno.remove(path);
        // Not by chance: what the kernel can't run is given to a shell, which would do what it says.
        const text = "\x7fELF\0\0garbage\n";
        await Deno.writeTextFile(path, text, { mode: 0o755 });
      },
    ],
  ] as const
) {
  Deno.test(`worker serve goes on after SIGUSR2 when its executable ${what}`, async () => {
    await using copy = await startFromCopy();
    const { worker, executable } = copy;
    const job = await startJob(worker);
    const before = worker.pid;
    await damage(executable);
    Deno.kill(before, "SIGUSR2");
    await waitFor(
      "the attempt to fail",
      () => worker.log.includes("not replaced, this server goes on"),
    );
    await Deno.remove(executable).catch(() => {});
    await Deno.copyFile(WORKER_BIN, executable);
    await Deno.chmod(executable, 0o755);
    await oneServes(worker, job);
    equal(worker.pid, before);
    equal(await worker.replace(), 0);
    await oneServes(worker, job);
  });
}

Deno.test("worker serve has ended what was to take its place by the time it ends, whatever that is", async () => {
  await using copy = await startFromCopy();
  const { worker, executable } = copy;
  await Deno.remove(executable);
  const stubborn = "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n";
  await Deno.writeTextFile(executable, stubborn, { mode: 0o755 });
  Deno.kill(worker.pid, "SIGUSR2");
  const next = await replacementOf(worker);
  await waitFor(
    "it to ignore SIGTERM",
    () => /^SigIgn:.*[4-7c-f]...$/m.test(readStatus(next)),
  );
  equal(await worker.stop("SIGTERM"), 0);
  equal(isAlive(next), false);
  match(worker.log, /not replaced: .*told to end/);
  doesNotMatch(worker.log, /after the end of the audit log/);
});

Deno.test("a flood of SIGUSR2 starts one replacement at a time", async () => {
  await using worker = await startWorker();
  const job = await startJob(worker);
  const old = worker.pid;
  for (let count = 0; count < 50; count++) {
    try {
      Deno.kill(old, "SIGUSR2");
    } catch (error) {
      // Looking takes a while on a busy host: it was replaced meanwhile.
      if (!(error instanceof Deno.errors.NotFound) || count < 2) throw error;
      break;
    }
    equal((await worker.serving()).length <= 2, true);
  }
  await waitFor("the old one to end", () => !isAlive(old));
  await oneServes(worker, job);
});
