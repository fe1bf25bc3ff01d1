import { deepEqual, equal, match } from "node:assert/strict";
import { isAlive } from "../helpers/jobs.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { startWorker, type Worker } from "../helpers/worker.ts";

Deno.test("worker serve keeps records and output of finished jobs when it restarts", async () => {
  await using worker = await startWorker();
  await worker.cli(["run", "sh", "-c", "echo kept; exit 9"]);
  const list = async () => JSON.parse((await worker.curl("/v1/jobs")).stdout);
  const before = await list();
  equal(before.length, 1);
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    await worker.restart(signal);
    deepEqual(await list(), before, signal);
    const output = await worker.cli(["output", before[0].id]);
    equal(output.stdout, "kept\n", signal);
  }
});

Deno.test("worker serve leaves its jobs running when it ends, and exits with 0", async () => {
  await using worker = await startWorker();
  const { stdout } = await worker.cli(["start", "sleep", "60"]);
  const show = async () =>
    JSON.parse((await worker.curl(`/v1/jobs/${stdout.trim()}`)).stdout);
  const { pid } = await show();
  equal(await worker.stop("SIGTERM"), 0);
  equal(isAlive(pid), true);
  await worker.start();
  equal((await show()).state, "running");
});

Deno.test("worker serve loses no byte, no job and no exit code when it is killed again and again", async () => {
  await using worker = await startWorker();
  const lines = 8_000;
  const script =
    `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i of job $0"; done; exit $0`;
  const ids: string[] = [];
  const slow = `${
    script.replace("done;", "[ $((i % 20)) = 0 ] && sleep 0.02; done;")
  }`;
  for (let job = 1; job <= 4; job++) {
    const { stdout } = await worker.cli(["start", "sh", "-c", slow, `${job}`]);
    ids.push(stdout.trim());
  }
  const followers = ids.map((id) => worker.cli(["output", "-f", id]));
  await waitFor("all to follow", async () => {
    const { stdout } = await worker.curl("/metrics");
    // The fifth is the one that asks.
    return Number(/^worker_connections (\d+)/m.exec(stdout)?.[1]) >= 5;
  });
  for (let kills = 0; kills < 3; kills++) {
    const before = await outputEnd(worker, ids[0]!);
    await waitFor(
      "more output",
      async () => await outputEnd(worker, ids[0]!) > before + 2_000,
    );
    await worker.restart("SIGKILL");
  }
  for (const [index, follower] of followers.entries()) {
    const job = index + 1;
    const expected = Array.from(
      { length: lines },
      (_, line) => `line ${line + 1} of job ${job}\n`,
    ).join("");
    const { stdout, stderr } = await follower;
    equal(stdout === expected, true, `job ${job}: ${stderr}`);
    const { state, exit } = JSON.parse(
      (await worker.curl(`/v1/jobs/${ids[index]}?wait=true`)).stdout,
    );
    deepEqual([state, exit.code, exit.reason], ["failed", job, "exited"]);
  }
});

Deno.test("worker serve goes on with its jobs when the job host is killed", async () => {
  await using worker = await startWorker();
  const { stdout } = await worker.cli(["start", "sleep", "60"]);
  const id = stdout.trim();
  const before = worker.jobHostPid!;
  Deno.kill(before, "SIGKILL");
  await waitFor(
    "the next one",
    () => worker.jobHostPid !== null && worker.jobHostPid !== before,
  );
  const show = async () =>
    JSON.parse((await worker.curl(`/v1/jobs/${id}`)).stdout);
  const { state, pid } = await show();
  equal(state, "running");
  equal((await worker.cli(["stop", id])).code, 0);
  equal(isAlive(pid), false);
  // Its process was not a child of the one that saw it end.
  equal(["stopped", "lost"].includes((await show()).state), true);
});

Deno.test("worker jobhost stops its jobs and ends when it is told to", async () => {
  await using worker = await startWorker();
  const { stdout } = await worker.cli(["start", "sleep", "60"]);
  const job = JSON.parse(
    (await worker.curl(`/v1/jobs/${stdout.trim()}`)).stdout,
  );
  await worker.stop();
  await worker.stopJobHosts();
  equal(isAlive(job.pid), false);
  await worker.start();
  const { state } = JSON.parse(
    (await worker.curl(`/v1/jobs/${job.id}`)).stdout,
  );
  equal(state, "stopped");
});

Deno.test("worker serve refuses a state directory that another server uses", async () => {
  await using worker = await startWorker();
  const { code, stderr } = await worker.cli([
    "serve",
    `--state-dir=${worker.stateDir}`,
    "--listen=127.0.0.1:0",
  ]);
  equal(code, 122);
  match(stderr, /another server \(pid \d+\) uses the state directory/);
  equal((await worker.cli(["run", "true"])).code, 0);
});

async function outputEnd(worker: Worker, id: string): Promise<number> {
  return JSON.parse((await worker.curl(`/v1/jobs/${id}`)).stdout).output.end;
}
