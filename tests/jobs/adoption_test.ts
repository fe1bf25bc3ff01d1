import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import type { JobRequest } from "../../lib/api/job.ts";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
import { snapshot } from "../../lib/jobs/proc.ts";
import { isAlive, readAll, readText, until } from "../helpers/jobs.ts";

const MORTAL = new URL("mortal_supervisor.ts", import.meta.url).pathname;

/** Whoever is not the parent learns an exit code only from Linux 6.15 on. */
const [major, minor] = Deno.osRelease().split(".").map(Number);
const TELLS_EXIT = major! > 6 || (major === 6 && minor! >= 15);

/** A supervisor in a process of its own, which `kill` ends without a warning. */
async function startMortal(directory: string, requests: JobRequest[] = []) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--allow-all",
      MORTAL,
      directory,
      ...requests.map((each) => JSON.stringify(each)),
    ],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let text = "";
  const output = child.stdout.pipeThrough(new TextDecoderStream());
  for await (const piece of output.values({ preventCancel: true })) {
    text += piece;
    if (text.includes("started\n")) break;
  }
  await output.cancel();
  return {
    ids: text.split("\n").slice(0, requests.length),
    async kill() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

/** Runs with a directory for jobs and for files of theirs. */
async function withDirectories(
  test: (directories: { jobs: string; files: string }) => Promise<void>,
): Promise<void> {
  const files = await Deno.makeTempDir({ prefix: "worker-adoption-" });
  try {
    await test({ jobs: join(files, "jobs"), files });
  } finally {
    await Deno.remove(files, { recursive: true });
  }
}

const shell = (script: string, files: string): JobRequest => ({
  command: "sh",
  args: ["-c", script],
  cwd: files,
});

const touch = (directory: string, name: string) =>
  Deno.writeTextFile(join(directory, name), "");

/** Waits for a file in the working directory. */
const waitForFile = (name: string) =>
  `while ! [ -e ${name} ]; do sleep 0.02; done`;

Deno.test("a job goes on when its supervisor is killed, and no byte of it is lost", () =>
  withDirectories(async ({ jobs: directory, files }) => {
    // As fast as it can, so that it prints at the moment of the kill.
    const script = `seq 1 3000000; ${
      waitForFile("go")
    }; echo last; echo err >&2; exit 7`;
    const requests = [1, 2, 3].map(() => shell(script, files));
    const first = await startMortal(directory, requests);
    await first.kill();
    for (let i = 0; i < 4; i++) {
      const next = await startMortal(directory);
      await next.kill();
    }
    await using jobs = new JobSupervisor({ directory });
    const expected = await new Deno.Command("sh", {
      args: ["-c", "seq 1 3000000; echo last"],
    }).output();
    await touch(files, "go");
    for (const id of first.ids) {
      const { stdout, stderr, gaps, end } = await readAll(jobs, id);
      deepEqual(gaps, []);
      ok(equalBytes(stdout, expected.stdout), `${stdout.length} bytes`);
      equal(new TextDecoder().decode(stderr), "err\n");
      const job = await jobs.get(id);
      deepEqual(job.bytes, { stdout: stdout.length, stderr: 4 });
      equal(end?.state, job.state);
      if (TELLS_EXIT) {
        deepEqual([job.state, job.exit?.code], ["failed", 7]);
      } else {
        deepEqual([job.state, job.exit?.code], ["lost", null]);
        match(job.exit!.detail!, /exit code is not known/);
      }
    }
  }));

Deno.test("an adopted job is stopped with everything it started", () =>
  withDirectories(async ({ jobs: directory, files }) => {
    const script = `trap '' TERM; echo $$ > main; setsid sh -c ` +
      `'trap "" TERM; echo $$ > other; while :; do sleep 1; done' & ` +
      `while :; do sleep 1; done`;
    const mortal = await startMortal(directory, [shell(script, files)]);
    const pidOf = (name: string) =>
      Deno.readTextFile(join(files, name)).then(Number, () => 0);
    await until(async () =>
      await pidOf("main") > 0 && await pidOf("other") > 0
    );
    const pids = [await pidOf("main"), await pidOf("other")];
    await mortal.kill();
    deepEqual(pids.map(isAlive), [true, true]);
    await using jobs = new JobSupervisor({ directory });
    const [id] = mortal.ids as [string];
    equal((await jobs.get(id)).state, "running");
    const job = await jobs.stop(id, { grace: 50 });
    deepEqual([job.state, job.exit?.reason], ["stopped", "stopped"]);
    deepEqual(pids.map(isAlive), [false, false]);
    ok(
      job.leftovers.some(({ pid, end }) => pid === pids[1] && end === "killed"),
    );
  }));

Deno.test("what a job leaves behind is ended though its main process ended unseen", () =>
  withDirectories(async ({ jobs: directory, files }) => {
    const script = `sh -c 'echo $$ > left; exec sleep 1000' & ${
      waitForFile("go")
    }`;
    const mortal = await startMortal(directory, [shell(script, files)]);
    await until(() =>
      Deno.readTextFile(join(files, "left")).then(Boolean, () => false)
    );
    const left = Number(await Deno.readTextFile(join(files, "left")));
    const [id] = mortal.ids as [string];
    await mortal.kill();
    const { pid } = JSON.parse(
      await Deno.readTextFile(join(directory, id, "job.json")),
    ).process;
    await touch(files, "go");
    await until(() => !isAlive(pid));
    await using jobs = new JobSupervisor({
      directory,
      endTimes: { drain: 50, leftoverGrace: 1_000 },
    });
    const job = await jobs.get(id, { wait: true });
    equal(job.state, "lost");
    deepEqual(job.leftovers.map(({ pid, end }) => [pid, end]), [
      [left, "terminated"],
    ]);
    equal(isAlive(left), false);
  }));

Deno.test("an exit code that was seen is kept when the supervisor dies while it ends what is left", () =>
  withDirectories(async ({ jobs: directory, files }) => {
    // It holds the output, so that its end takes some seconds.
    const script = `sh -c 'trap "" TERM; while :; do sleep 1; done' & exit 3`;
    const mortal = await startMortal(directory, [shell(script, files)]);
    const [id] = mortal.ids as [string];
    const path = join(directory, id, "job.json");
    await until(async () =>
      JSON.parse(await Deno.readTextFile(path)).process?.end?.code === 3
    );
    await mortal.kill();
    await using jobs = new JobSupervisor({
      directory,
      endTimes: { drain: 50, leftoverGrace: 50 },
    });
    const job = await jobs.get(id, { wait: true });
    deepEqual([job.state, job.exit?.code, job.exit?.reason], [
      "failed",
      3,
      "exited",
    ]);
    ok(job.leftovers.some(({ end }) => end === "killed"));
  }));

Deno.test("a process that was started in the moment in which its supervisor died is adopted", () =>
  withDirectories(async ({ jobs: directory, files }) => {
    const script = `echo first; ${waitForFile("go")}; echo last; exit 6`;
    const mortal = await startMortal(directory, [shell(script, files)]);
    const [id] = mortal.ids as [string];
    await mortal.kill();
    // What is on disk before the process exists.
    const path = join(directory, id, "job.json");
    const record = JSON.parse(await Deno.readTextFile(path));
    const job = { ...record.job, state: "pending", pid: null, startedAt: null };
    await Deno.writeTextFile(
      path,
      JSON.stringify({ ...record, job, process: null }),
    );
    await using jobs = new JobSupervisor({ directory });
    const { state, pid } = await jobs.get(id);
    deepEqual([state, pid], ["running", record.job.pid]);
    await touch(files, "go");
    equal(await readText(jobs, id, { follow: true }), "first\nlast\n");
    const { exit } = await jobs.get(id, { wait: true });
    equal(exit!.code, TELLS_EXIT ? 6 : null);
  }));

Deno.test("what printed unwatched behind a known exit code is told to be missing", () =>
  withDirectories(async ({ jobs: directory, files }) => {
    const script = `(${waitForFile("go")}; echo unseen) & exit 3`;
    const mortal = await startMortal(directory, [shell(script, files)]);
    const [id] = mortal.ids as [string];
    const path = join(directory, id, "job.json");
    await until(async () =>
      JSON.parse(await Deno.readTextFile(path)).process?.end?.code === 3
    );
    await mortal.kill();
    await touch(files, "go");
    const { pid } = JSON.parse(await Deno.readTextFile(path)).process;
    await until(() => processesOfSession(pid).length === 0);
    await using jobs = new JobSupervisor({ directory });
    const { state, exit } = await jobs.get(id);
    deepEqual([state, exit!.code], ["failed", 3]);
    match(exit!.detail!, /the last it printed may be missing/);
  }));

Deno.test("a job that ended while nobody looked is lost, with its output so far and the evidence", () =>
  withDirectories(async ({ jobs: directory, files }) => {
    const script = `echo before; ${waitForFile("go")}; exit 0`;
    const mortal = await startMortal(directory, [shell(script, files)]);
    const [id] = mortal.ids as [string];
    const { pid } = JSON.parse(
      await Deno.readTextFile(join(directory, id, "job.json")),
    ).process;
    const segment = join(directory, id, "output", "0000000000000000.log");
    await until(() =>
      Deno.stat(segment).then(({ size }) => size > 16, () => false)
    );
    await mortal.kill();
    await touch(files, "go");
    await until(() => !isAlive(pid));
    await using jobs = new JobSupervisor({ directory });
    const job = await jobs.get(id);
    deepEqual([job.state, job.exit?.reason, job.exit?.code], [
      "lost",
      "lost",
      null,
    ]);
    match(job.exit!.detail!, new RegExp(`process ${pid} had ended unseen`));
    equal(await readText(jobs, id), "before\n");
    deepEqual(job.bytes, { stdout: 7, stderr: 0 });
  }));

Deno.test("a job that waited for its time is pending under the next supervisor", () =>
  withDirectories(async ({ jobs: directory, files }) => {
    const mortal = await startMortal(directory, [
      { ...shell("echo ran", files), startAfter: "1h" },
    ]);
    await mortal.kill();
    await using jobs = new JobSupervisor({ directory });
    equal((await jobs.get(mortal.ids[0]!)).state, "pending");
  }));

function processesOfSession(session: number) {
  return [...snapshot().values()].filter((each) => each.session === session);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
