import { deepEqual, equal } from "node:assert/strict";
import { runCommand } from "../helpers/command.ts";
import { startWorker, WORKER_BIN } from "../helpers/worker.ts";
import { Scratch } from "../config/scratch.ts";

Deno.test("worker config reads a file in the built executable", async () => {
  await using scratch = await Scratch.make();
  const path = await scratch.file("worker.yaml", "max-jobs: 8\nhots: a\n");
  const check = [WORKER_BIN, "config", "check", path];
  const { code, stderr } = await runCommand(check);
  deepEqual([code, stderr], [
    2,
    `worker: ${path}:2:1: "hots" is not a setting: did you mean "host"?\n`,
  ]);
});

Deno.test("worker serve does what its file and its variables say", async () => {
  await using scratch = await Scratch.make();
  const path = await scratch.file("worker.yaml", "max-jobs: 1\n");
  await using worker = await startWorker({
    env: { WORKER_SERVE_CONFIG: path, WORKER_SERVE_OUTPUT_CAP: "64K" },
  });
  const ids = [];
  for (const _ of [1, 2]) {
    const { stdout } = await worker.cli(["start", "sleep", "60"]);
    ids.push(stdout.trim());
  }
  const states = [];
  for (const id of ids) {
    const { stdout } = await worker.cli(["status", id, "--json"]);
    states.push(JSON.parse(stdout).state);
  }
  deepEqual(states, ["running", "pending"]);
  equal((await worker.cli(["stop", ...ids])).code, 0);
});
