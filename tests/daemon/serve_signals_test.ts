/** `worker serve` as a process: how it ends, and what it takes over while it runs. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { isAlive } from "../helpers/jobs.ts";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { startWorker, type Worker, WORKER_SOURCES } from "../helpers/worker.ts";

const TROUBLED = [
  ...WORKER_SOURCES.slice(0, -1),
  new URL("./troubled_server.ts", import.meta.url).pathname,
];

/** Half of a request, which a graceful shutdown waits for. */
async function openRequest(worker: Worker) {
  const { cacert, cert, key } = worker.admin;
  const curl = new Deno.Command("curl", {
    args: [
      ...["--silent", "--cacert", cacert, "--cert", cert, "--key", key],
      ...["-T", "-", "-X", "POST", `https://${worker.addr}/v1/jobs`],
    ],
    stdin: "piped",
    stdout: "null",
  }).spawn();
  const writer = curl.stdin.getWriter();
  await writer.write(new TextEncoder().encode("{"));
  await waitFor(
    "the request",
    async () =>
      /worker_connections [1-9]/.test((await worker.curl("/metrics")).stdout),
  );
  return {
    [Symbol.asyncDispose]: async () => {
      await writer.close().catch(() => {});
      await curl.status;
    },
  };
}

/** What the log has said of something, as often as it did. */
function said(worker: Worker, what: RegExp): string[] {
  return worker.log.split("\n").filter((line) => what.test(line));
}

Deno.test("worker serve ends with its reason when a critical service fails, whatever is open", async () => {
  await using worker = await startWorker({
    program: TROUBLED,
    env: { TROUBLE: "fails" },
    args: ["--shutdown-timeout=1h"],
  });
  await using _request = await openRequest(worker);
  const job = JSON.parse(
    (await worker.curl("/v1/jobs", [
      "-d",
      `{"command":"sleep","args":["1000"]}`,
    ])).stdout,
  );
  const begun = performance.now();
  equal(await worker.stop("SIGALRM"), 1);
  // With the grace of a shutdown that is asked for it would be an hour.
  ok(performance.now() - begun < 30_000);
  match(worker.log, /the service "fails" failed: it fell over/);
  equal(said(worker, /which ends the process/).length, 1, worker.log);
  equal(isAlive(job.pid), true);
});

Deno.test("worker serve names a service that does not stop, and waits no longer than it said", async () => {
  await using worker = await startWorker({
    program: TROUBLED,
    env: { TROUBLE: "hangs" },
    args: ["--shutdown-timeout=100ms"],
  });
  equal(await worker.stop("SIGTERM"), 1);
  match(worker.log, /did not wait any longer for "hangs" to stop/);
  equal(said(worker, /did not stop in time/).length, 1, worker.log);
});

for (
  const [signals, code] of [
    [["SIGQUIT"], 0],
    [["SIGTERM", "SIGTERM"], 1],
    [["SIGINT", "SIGQUIT"], 1],
  ] as const
) {
  Deno.test(`worker serve cuts what is open at ${signals.join(" and ")}`, async () => {
    await using worker = await startWorker({
      program: WORKER_SOURCES,
      args: ["--shutdown-timeout=1h"],
    });
    await using _request = await openRequest(worker);
    const address = `${worker.stateDir}/run/address`;
    for (const signal of signals.slice(0, -1)) {
      Deno.kill(worker.pid, signal);
      await waitFor(
        "the shutdown",
        () => Deno.stat(address).then(() => false, () => true),
      );
      await waitFor(
        "nobody to listen",
        async () => (await worker.curl("/healthz")).code === 7,
      );
    }
    equal(await worker.stop(signals.at(-1)), code);
    equal(PidLock.pidIn(`${worker.stateDir}/run/worker.pid`), null);
  });
}

Deno.test("worker serve ends in good order when it gets SIGTERM while it starts", async () => {
  await using worker = await startWorker({ program: WORKER_SOURCES });
  await worker.stop();
  for (let count = 0; count < 5; count++) {
    const child = new Deno.Command(WORKER_SOURCES[0]!, {
      args: [
        ...WORKER_SOURCES.slice(1),
        "serve",
        `--state-dir=${worker.stateDir}`,
        "--listen=127.0.0.1:0",
      ],
      env: worker.env,
      stdout: "null",
      stderr: "null",
    }).spawn();
    // From the lock on it has handlers; how far it comes is up to chance.
    const lock = `${worker.stateDir}/run/worker.pid`;
    await waitFor(
      "its lock",
      async () => Number(await Deno.readTextFile(lock)) === child.pid,
      { interval: 1 },
    );
    child.kill("SIGTERM");
    const { code, signal } = await child.status;
    deepEqual([code, signal], [0, null]);
    equal(PidLock.pidIn(lock), null);
  }
});

Deno.test("worker serve takes over what it can at SIGHUP, and says what it can't", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "worker-reload-" });
  const file = `${folder}/worker.yaml`;
  await Deno.writeTextFile(file, "max-jobs: 10\n");
  {
    await using worker = await startWorker({
      program: WORKER_SOURCES,
      args: [`--config=${file}`],
    });
    const reload = async (text: string, expected: RegExp) => {
      await Deno.writeTextFile(file, text);
      const before = said(worker, expected).length;
      Deno.kill(worker.pid, "SIGHUP");
      await waitFor(
        "the reload",
        () => said(worker, expected).length > before,
      ).catch((error) => {
        throw new Error(worker.log, { cause: error });
      });
    };
    /** The state in which a new job is; above the limit it waits. */
    const start = async () =>
      JSON.parse(
        (await worker.curl("/v1/jobs", [
          "-d",
          `{"command":"sleep","args":["1000"]}`,
        ])).stdout,
      ).state;

    await t.step("a file that is wrong", async () => {
      await reload("max-jobs: many\n", /not reloaded.*max-jobs.*many/);
      equal((await worker.curl("/healthz", ["--fail"])).code, 0);
    });
    await t.step("a good one", async () => {
      await reload(
        "max-jobs: 1\nrun-as: nobody\n",
        /restart.*run-as/,
      );
      equal(said(worker, /changed .*max-jobs/).length, 1, worker.log);
      equal(await start(), "running");
      equal(await start(), "pending");
    });
    await t.step("many at once", async () => {
      for (let count = 1; count <= 200; count++) {
        await Deno.writeTextFile(file, `max-jobs: ${count}\n`);
        Deno.kill(worker.pid, "SIGHUP");
      }
      await reload(
        "max-jobs: 3\nshutdown-timeout: 7s\n",
        /changed .*shutdown-timeout/,
      );
      // One of them waited, and found its place meanwhile.
      await waitFor("two jobs to run", async () => {
        const { stdout } = await worker.cli(["ls", "--json"]);
        return JSON.parse(stdout).filter(({ state }: { state: string }) =>
          state === "running"
        ).length === 2;
      });
      equal(await start(), "running");
      equal(await start(), "pending");
    });
  }
  await Deno.remove(folder, { recursive: true });
});
