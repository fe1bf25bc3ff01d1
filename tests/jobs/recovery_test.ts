import { deepEqual, equal, throws } from "node:assert/strict";
import { join } from "node:path";
import type { Job } from "../../lib/api/job.ts";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
import {
  type JobRecord,
  readRecord,
  writeRecord,
} from "../../lib/jobs/job_record.ts";
import { bootId } from "../../lib/jobs/proc.ts";
import { exampleJob } from "../helpers/example_job.ts";
import {
  isAlive,
  readAll,
  temporarySupervisor,
  until,
} from "../helpers/jobs.ts";

const owner = "alice";

/** The record of a job that was running when its server died. */
function runningRecord(id: string, process: JobRecord["process"]): JobRecord {
  return {
    version: 1,
    process,
    job: exampleJob({
      id,
      command: "sleep",
      args: ["1000"],
      owner,
      state: "running",
      pid: process?.pid ?? 1,
      createdAt: "2026-01-01T00:00:00.000Z",
      startedAt: "2026-01-01T00:00:00.000Z",
      endedAt: null,
      exit: null,
      output: { start: 0, end: 0 },
      bytes: { stdout: 0, stderr: 0 },
    }),
  };
}

async function withRecovered(
  process: JobRecord["process"],
  look: (jobs: JobSupervisor) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  const id = "01k00000000000000000000000";
  await Deno.mkdir(join(root, id));
  writeRecord(join(root, id), runningRecord(id, process));
  await using jobs = new JobSupervisor({ directory: root });
  await look(jobs);
  await jobs.remove(id);
  await Deno.remove(root);
}

async function recover(process: JobRecord["process"]): Promise<Job> {
  let job: Job;
  await withRecovered(process, async (jobs) => {
    job = (await jobs.list())[0]!;
  });
  return job!;
}

function setsidSleep(env: Record<string, string> = {}): Deno.ChildProcess {
  return new Deno.Command("setsid", {
    args: ["sleep", "1000"],
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

Deno.test("finished jobs survive a restart with their output and their end", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start(
    { command: "sh", args: ["-c", "echo kept; exit 4"] },
    { owner },
  );
  const before = await given.jobs.get(id, { wait: true });
  await using again = new JobSupervisor({ directory: given.directory });
  deepEqual(await again.get(id), before);
  const { stdout, end } = await readAll(again, id);
  equal(new TextDecoder().decode(stdout), "kept\n");
  deepEqual([end?.exit.code, end?.sha256], [4, before.sha256]);
});

Deno.test("a process without a start time on record is known by its environment, and a stranger left alone", async () => {
  const id = "01k00000000000000000000000";
  const child = setsidSleep({ WORKER_JOB_ID: id });
  await until(() =>
    Deno.readTextFileSync(`/proc/${child.pid}/comm`) === "sleep\n"
  );
  await withRecovered(
    { pid: child.pid, startTime: null, bootId: bootId() },
    async (jobs) => {
      equal((await jobs.get(id)).state, "running");
      equal((await jobs.stop(id)).state, "stopped");
    },
  );
  equal((await child.status).signal, "SIGTERM");
  const stranger = setsidSleep();
  await until(() =>
    Deno.readTextFileSync(`/proc/${stranger.pid}/comm`) === "sleep\n"
  );
  const lost = await recover({
    pid: stranger.pid,
    startTime: null,
    bootId: bootId(),
  });
  equal(lost.state, "lost");
  equal(isAlive(stranger.pid), true);
  stranger.kill("SIGKILL");
  await stranger.status;
});

Deno.test("a lost job counts the bytes of its output that are there", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start(
    { command: "sh", args: ["-c", "printf 12345; printf 123 >&2"] },
    { owner },
  );
  await given.jobs.get(id, { wait: true });
  const record = readRecord(join(given.directory, id));
  const bytes = { stdout: 0, stderr: 0 };
  const job = {
    ...record.job,
    state: "running" as const,
    endedAt: null,
    exit: null,
    bytes,
  };
  writeRecord(join(given.directory, id), { ...record, job });
  await using again = new JobSupervisor({ directory: given.directory });
  const lost = await again.get(id);
  deepEqual([lost.state, lost.bytes, lost.output.end], ["lost", {
    stdout: 5,
    stderr: 3,
  }, 8]);
});

Deno.test("a process that only has the pid of a lost job is left alone", async () => {
  const child = setsidSleep();
  const job = await recover({ pid: child.pid, startTime: 1, bootId: bootId() });
  equal(job.state, "lost");
  equal(isAlive(child.pid), true);
  child.kill("SIGKILL");
  await child.status;
});

Deno.test("a job from before a reboot says so", async () => {
  const job = await recover({
    pid: Deno.pid,
    startTime: 1,
    bootId: "another boot",
  });
  deepEqual([job.state, job.exit?.reason], ["lost", "host_rebooted"]);
});

Deno.test("a directory without a readable record is left alone", async () => {
  const root = await Deno.makeTempDir();
  await Deno.mkdir(join(root, "broken"));
  await Deno.writeTextFile(
    join(root, "broken", "job.json"),
    '{"version":1,"jo',
  );
  await using jobs = new JobSupervisor({ directory: root });
  deepEqual(await jobs.list(), []);
  throws(() => readRecord(join(root, "broken")), SyntaxError);
  await Deno.remove(root, { recursive: true });
});

Deno.test("records that were garbled are left alone, and all others are taken over", async () => {
  const root = await Deno.makeTempDir();
  const record = runningRecord("good", null);
  const garble: Record<string, (path: string) => void> = {
    nothing: (path) => Deno.writeFileSync(path, new Uint8Array(4096)),
    array: (path) => Deno.writeTextFileSync(path, "[]"),
    link: (path) => Deno.symlinkSync("/etc/passwd", path),
    folder: (path) => Deno.mkdirSync(path),
    pipe: (path) =>
      void new Deno.Command("mkfifo", { args: [path] }).outputSync(),
    stranger: (path) => Deno.writeTextFileSync(path, JSON.stringify(record)),
  };
  const fields = Object.keys(record.job);
  for (const field of fields) {
    garble[`no-${field}`] = (path) => {
      const { [field]: _, ...job } = record.job as unknown as Record<
        string,
        unknown
      >;
      if (field !== "id") job.id = `no-${field}`;
      Deno.writeTextFileSync(path, JSON.stringify({ ...record, job }));
    };
  }
  for (const [name, make] of Object.entries(garble)) {
    await Deno.mkdir(join(root, name));
    make(join(root, name, "job.json"));
  }
  await Deno.mkdir(join(root, "good"));
  writeRecord(join(root, "good"), record);
  await using jobs = new JobSupervisor({ directory: root });
  deepEqual((await jobs.list()).map(({ id }) => id), ["good"]);
  equal([...Deno.readDirSync(root)].length, fields.length + 7);
  await Deno.remove(root, { recursive: true });
});

Deno.test("a record that names no process a signal may go to is not used", async () => {
  const root = await Deno.makeTempDir();
  const good = { pid: 4711, startTime: 1, bootId: bootId() };
  for (const wrong of [{ pid: 0 }, { pid: -1 }, { pid: 1 }, { bootId: null }]) {
    const process = { ...good, ...wrong } as JobRecord["process"];
    writeRecord(root, runningRecord("x", process));
    throws(
      () => readRecord(root),
      /"(?:job\.pid|process\.\w+)" is missing or wrong/,
    );
  }
  writeRecord(root, runningRecord("x", good));
  deepEqual(readRecord(root).process, good);
  await Deno.remove(root, { recursive: true });
});

Deno.test("a job whose output can't be read is left alone, and all others are taken over", async () => {
  const root = await Deno.makeTempDir();
  for (const id of ["bad", "good"]) {
    await Deno.mkdir(join(root, id));
    writeRecord(join(root, id), runningRecord(id, null));
  }
  await Deno.writeTextFile(join(root, "bad", "output"), "no folder");
  await using jobs = new JobSupervisor({ directory: root });
  deepEqual((await jobs.list()).map(({ id }) => id), ["good"]);
  await Deno.remove(root, { recursive: true });
});

Deno.test("what is left of a record that was being written is removed", async () => {
  await using given = await temporarySupervisor();
  const { directory } = given;
  const { id } = await given.jobs.start({ command: "true" }, { owner });
  await given.jobs.get(id, { wait: true });
  await Deno.writeTextFile(join(directory, id, "job.json.new"), '{"ver');
  for (const name of ["empty", "unwritten", "partial"]) {
    await Deno.mkdir(join(directory, name));
  }
  await Deno.writeTextFile(join(directory, "unwritten", "job.json"), "");
  await Deno.writeTextFile(join(directory, "partial", "job.json.new"), "{");
  await using again = new JobSupervisor({ directory });
  deepEqual((await again.list()).map((job) => job.id), [id]);
  deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), [id]);
  equal(readRecord(join(directory, id)).job.state, "succeeded");
  const files = [...Deno.readDirSync(join(directory, id))];
  deepEqual(files.map(({ name }) => name), ["job.json"]);
});

Deno.test("jobs older than the age limit are removed", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start({ command: "true" }, { owner });
  await given.jobs.get(id, { wait: true });
  await using _again = new JobSupervisor({
    directory: given.directory,
    maxAge: 0,
  });
  deepEqual([...Deno.readDirSync(given.directory)], []);
});

Deno.test("writeRecord() overwrites in place, and a long record too", async () => {
  const root = await Deno.makeTempDir();
  const record = runningRecord("x", null);
  writeRecord(root, record);
  const { ino, size } = Deno.statSync(join(root, "job.json"));
  writeRecord(root, { ...record, job: { ...record.job, state: "stopping" } });
  deepEqual([Deno.statSync(join(root, "job.json")).ino, size], [ino, 4096]);
  equal(readRecord(root).job.state, "stopping");
  const long = {
    ...record,
    job: { ...record.job, args: ["x".repeat(10_000)] },
  };
  writeRecord(root, long);
  deepEqual(readRecord(root), long);
  const written = Deno.statSync(join(root, "job.json"));
  // A full disk must not keep its end from being written.
  writeRecord(root, { ...long, job: { ...long.job, state: "failed" } });
  const again = Deno.statSync(join(root, "job.json"));
  deepEqual([again.ino, again.size], [written.ino, written.size]);
  equal(readRecord(root).job.state, "failed");
  equal(readRecord(root).job.args[0]?.length, 10_000);
  const argv = ["y".repeat(5_000)];
  const leftovers = [
    { pid: 1, argv, heldOutput: false, end: "exited" as const },
  ];
  const longer = { ...long, job: { ...long.job, leftovers } };
  writeRecord(root, longer);
  deepEqual(readRecord(root), longer);
  writeRecord(root, record);
  deepEqual(readRecord(root), record);
  await Deno.remove(root, { recursive: true });
});
