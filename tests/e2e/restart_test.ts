import { deepEqual, equal, match } from "node:assert/strict";
import { startWorker } from "../helpers/worker.ts";

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

Deno.test("worker serve never calls a job succeeded when nobody saw its end", async () => {
  await using worker = await startWorker();
  const { stdout } = await worker.cli(["start", "sleep", "60"]);
  await worker.restart("SIGKILL");
  const job = JSON.parse(
    (await worker.curl(`/v1/jobs/${stdout.trim()}`)).stdout,
  );
  equal(job.state, "lost");
  equal((await worker.cli(["wait", job.id])).code, 254);
});

Deno.test("worker serve stops its jobs and exits with 0 when it is told to", async () => {
  await using worker = await startWorker();
  const { stdout } = await worker.cli(["start", "sleep", "60"]);
  const { pid } = JSON.parse(
    (await worker.curl(`/v1/jobs/${stdout.trim()}`)).stdout,
  );
  equal(await worker.stop("SIGTERM"), 0);
  equal(await exists(`/proc/${pid}`), false);
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

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
