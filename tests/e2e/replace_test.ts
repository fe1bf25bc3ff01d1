/** SIGUSR2 and `worker upgrade`: another process in the server's place, which nobody is to notice. */
import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { isAlive } from "../helpers/jobs.ts";
import { ReplaceLoad } from "./replace_load.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { startWorker, WORKER_BIN } from "../helpers/worker.ts";

const REPLACEMENTS = Number(Deno.env.get("WORKER_REPLACEMENTS") ?? 50);

Deno.test(`worker serve is replaced ${REPLACEMENTS} times under load, and no request fails and no byte is lost`, async () => {
  await using worker = await startWorker();
  await using load = await ReplaceLoad.begin(worker);
  const pids = new Set([worker.pid]);
  for (let count = 1; count <= REPLACEMENTS; count++) {
    equal(await worker.replace(), 0, worker.log);
    pids.add(worker.pid);
    await load.progress();
  }
  equal(pids.size, REPLACEMENTS + 1);
  const { failures, calls, started, jobs, followed } = await load.end();
  deepEqual(failures, []);
  // Not one of them twice, and none that nobody asked for.
  deepEqual(jobs, started);
  for (const { received, printed } of followed) {
    equal(received === printed, true, `${received.length} bytes came`);
  }
  equal(Math.min(...Object.values(calls)) >= REPLACEMENTS, true);
});

Deno.test("worker serve goes on when the one that is to replace it does not come to serve", async () => {
  await using worker = await startWorker({
    env: { WORKER_SERVE_CONFIG: "" },
  });
  const before = worker.pid;
  // What it would start now does not start: its state directory's certificate is damaged.
  const key = `${worker.stateDir}/server.key`;
  const good = await Deno.readTextFile(key);
  await Deno.writeTextFile(key, "damaged");
  Deno.kill(before, "SIGUSR2");
  await waitFor(
    "the attempt to fail",
    () => worker.log.includes("not replaced, this server goes on"),
  );
  match(worker.log, /not replaced, this server goes on: .*server\.key/);
  await Deno.writeTextFile(key, good);
  equal((await worker.cli(["run", "echo", "on"])).stdout, "on\n");
  equal(worker.pid, before);
  equal(isAlive(before), true);
  // And the next attempt is none the worse for it.
  equal(await worker.replace(), 0);
  notEqual(worker.pid, before);
  equal((await worker.cli(["run", "echo", "on"])).stdout, "on\n");
});

Deno.test("worker upgrade puts another executable in place, or the old one back", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "worker-upgrade-" });
  const executable = `${folder}/worker`;
  await Deno.copyFile(WORKER_BIN, executable);
  await using worker = await startWorker({ program: [executable] });
  const stateDir = `--state-dir=${worker.stateDir}`;
  const { stdout: job } = await worker.cli(["start", "sleep", "1000"]);
  const inode = async (path: string) => (await Deno.stat(path)).ino;

  await t.step("a file that is no executable", async () => {
    const before = await inode(executable);
    const outcome = await worker.cli(["upgrade", "/etc/passwd", stateDir]);
    equal(outcome.code, 2);
    match(outcome.stderr, /"\/etc\/passwd" is not an executable of worker/);
    equal(await inode(executable), before);
  });

  await t.step("an executable that does not come to serve", async () => {
    const before = [await inode(executable), worker.pid];
    const broken = `${folder}/broken`;
    const script =
      `#!/bin/sh\n[ "$1" = version ] && exec "${WORKER_BIN}" "$@"\nexit 3\n`;
    await Deno.writeTextFile(broken, script, { mode: 0o755 });
    const outcome = await worker.cli(["upgrade", broken, stateDir]);
    equal(outcome.code, 255, outcome.stderr);
    match(outcome.stderr, /not replaced.*old one again: it ended with code 3/);
    deepEqual([await inode(executable), worker.pid], before);
    deepEqual(await leftIn(folder), ["broken", "worker"]);
  });

  await t.step("another executable", async () => {
    const next = `${folder}/next`;
    await Deno.copyFile(WORKER_BIN, next);
    const before = worker.pid;
    const upgraded = worker.cli(["upgrade", next, stateDir, "--json"]);
    await worker.replaced();
    const { code, stdout, stderr } = await upgraded;
    equal(code, 0, stderr);
    const said = JSON.parse(stdout);
    deepEqual([said.pid, said.executable], [worker.pid, executable]);
    notEqual(worker.pid, before);
    deepEqual(await leftIn(folder), ["broken", "next", "worker", "worker.old"]);
    const { stdout: shown } = await worker.curl(`/v1/jobs/${job.trim()}`);
    equal(JSON.parse(shown).state, "running");
  });

  await t.step("no server", async () => {
    const outcome = await worker.cli([
      "upgrade",
      executable,
      `--state-dir=${folder}`,
    ]);
    equal(outcome.code, 123);
    match(outcome.stderr, /no server uses ".*--state-dir/);
  });
  await worker.stop();
  await Deno.remove(folder, { recursive: true });
});

async function leftIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name))
    .sort();
}
