import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import type { Job, JobRequest } from "../../lib/api/job.ts";
import { readRecord } from "../../lib/jobs/job_record.ts";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { readAll, temporarySupervisor, until } from "../helpers/jobs.ts";
import { refused } from "../helpers/refused.ts";

const owner = "alice";
const text = new TextDecoder();

/** Runs until it is stopped, or its standard input is closed. */
const CAT: JobRequest = { command: "cat", stdin: true };

async function end(jobs: JobSupervisor, { id }: Job): Promise<void> {
  await jobs.input(id, (async function* () {})());
  await jobs.get(id, { wait: true });
}

async function state(jobs: JobSupervisor, { id }: Job): Promise<string> {
  return (await jobs.get(id)).state;
}

/** The names of the next jobs that succeed, in the order of their ends. */
async function orderOfEnds(
  jobs: JobSupervisor,
  count: number,
): Promise<string[]> {
  const abort = new AbortController();
  const { signal } = abort;
  const names: string[] = [];
  for await (const job of jobs.watch({ state: ["succeeded"] }, { signal })) {
    if (job.name !== null) names.push(job.name);
    if (names.length === count) abort.abort();
  }
  return names;
}

Deno.test("start() answers with a pending job when as many run as may", async () => {
  await using given = await temporarySupervisor({ maxJobs: 1 });
  const { jobs } = given;
  const first = await jobs.start(CAT, { owner });
  const second = await jobs.start(CAT, { owner });
  deepEqual([second.state, second.pid, second.startedAt, second.exit], [
    "pending",
    null,
    null,
    null,
  ]);
  deepEqual(jobs.counts(), { live: 1, pending: 1 });
  await end(jobs, first);
  await until(async () => await state(jobs, second) === "running");
  ok((await jobs.get(second.id)).pid);
  deepEqual(jobs.counts(), { live: 1, pending: 0 });
});

Deno.test("start() never lets more run at once than may", async () => {
  await using given = await temporarySupervisor({ maxJobs: 3 });
  const { jobs } = given;
  const folder = await Deno.makeTempDir();
  const script = "touch $0/$$; ls $0 | wc -l; sleep 0.02; rm $0/$$";
  const started = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      jobs.start(
        { command: "sh", args: ["-c", script, folder] },
        { owner: `owner ${i % 4}` },
      )),
  );
  const seen: number[] = [];
  for (const { id } of started) {
    seen.push(Number(text.decode((await readAll(jobs, id)).stdout)));
  }
  equal(Math.max(...seen) <= 3, true, String(seen));
  deepEqual(jobs.counts(), { live: 0, pending: 0 });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("pending jobs start in the order they came, owners in turn", async () => {
  await using given = await temporarySupervisor({ maxJobs: 1 });
  const { jobs } = given;
  const blocker = await jobs.start(CAT, { owner: "a" });
  for (const name of ["a1", "a2", "a3", "b1", "b2", "c1"]) {
    await jobs.start({ command: "true", name }, { owner: name[0]! });
  }
  const order = orderOfEnds(jobs, 6);
  await end(jobs, blocker);
  deepEqual(await order, ["b1", "c1", "a1", "b2", "a2", "a3"]);
});

Deno.test("startAfter keeps a job pending until its time", async () => {
  const clock = new FakeClock();
  await using given = await temporarySupervisor({ clock });
  const { jobs } = given;
  const job = await jobs.start(
    { command: "true", startAfter: "1h" },
    { owner },
  );
  deepEqual([job.state, job.startAfter], [
    "pending",
    "2026-01-01T01:00:00.000Z",
  ]);
  clock.setWall(clock.now() + 86_400_000);
  clock.pass(3_599_999);
  equal(await state(jobs, job), "pending");
  clock.pass(1);
  const { state: last, startedAt } = await jobs.get(job.id, { wait: true });
  deepEqual([last, startedAt], ["succeeded", "2026-01-02T01:00:00.000Z"]);
});

Deno.test("startAfter in the past is at once; after its time a job still waits for its turn", async () => {
  const clock = new FakeClock();
  await using given = await temporarySupervisor({ clock, maxJobs: 1 });
  const { jobs } = given;
  const first = await jobs.start(
    { ...CAT, startAfter: "2025-12-31T00:00:00Z" },
    { owner },
  );
  equal(first.state, "running");
  const second = await jobs.start({ ...CAT, startAfter: "1s" }, { owner });
  clock.pass(5_000);
  equal(await state(jobs, second), "pending");
  await end(jobs, first);
  await until(async () => await state(jobs, second) === "running");
});

Deno.test("timeout counts from the start of the process", async () => {
  const clock = new FakeClock();
  await using given = await temporarySupervisor({ clock, maxJobs: 1 });
  const { jobs } = given;
  const first = await jobs.start(CAT, { owner });
  const second = await jobs.start({ ...CAT, timeout: "1h" }, { owner });
  clock.pass(2 * 3_600_000);
  await end(jobs, first);
  await until(async () => await state(jobs, second) === "running");
  clock.pass(3_599_999);
  equal(await state(jobs, second), "running");
  clock.pass(1);
  const { exit } = await jobs.get(second.id, { wait: true });
  equal(exit?.reason, "timeout");
});

Deno.test("configure() with a larger maxJobs starts what waits", async () => {
  await using given = await temporarySupervisor({ maxJobs: 0 });
  const { jobs } = given;
  const started = [
    await jobs.start(CAT, { owner }),
    await jobs.start(CAT, { owner }),
    await jobs.start(CAT, { owner }),
  ];
  jobs.configure({ maxJobs: 2 });
  await until(() => jobs.counts().live === 2);
  deepEqual(await Promise.all(started.map((job) => state(jobs, job))), [
    "running",
    "running",
    "pending",
  ]);
});

Deno.test("idle() resolves when nothing runs and nothing is pending", async () => {
  await using given = await temporarySupervisor({ maxJobs: 1 });
  const { jobs } = given;
  await jobs.idle();
  const first = await jobs.start(CAT, { owner });
  const second = await jobs.start(CAT, { owner });
  let idle = false;
  const becoming = jobs.idle().then(() => idle = true);
  await end(jobs, first);
  await until(async () => await state(jobs, second) === "running");
  equal(idle, false);
  await jobs.stop(second.id);
  await becoming;
  const third = await jobs.start({ ...CAT, startAfter: "1h" }, { owner });
  const again = jobs.idle();
  await jobs.stop(third.id);
  await again;
  const abort = new AbortController();
  await jobs.start(CAT, { owner });
  const givenUp = jobs.idle({ signal: abort.signal });
  abort.abort(new Error("enough"));
  await rejects(givenUp, /enough/);
});

Deno.test("pending jobs outlive their supervisor and start in the same order", async () => {
  await using given = await temporarySupervisor({
    maxJobs: 1,
    shutdownGrace: 0,
  });
  const { jobs, directory } = given;
  const running = await jobs.start(CAT, { owner: "a" });
  const names = ["a1", "a2", "b1"];
  const ids: string[] = [];
  for (const name of names) {
    const job = await jobs.start({ command: "true", name }, {
      owner: name[0]!,
    });
    ids.push(job.id);
  }
  equal(readRecord(join(directory, ids[0]!)).queued, true);
  const waiting = jobs.get(ids[0]!, { wait: true });
  await Promise.all([
    rejects(waiting, refused("UNAVAILABLE", /shutting down/)),
    jobs[Symbol.asyncDispose](),
  ]);
  equal(readRecord(join(directory, ids[0]!)).queued, true);

  await using again = new JobSupervisor({ directory, maxJobs: 0 });
  deepEqual(again.counts(), { live: 0, pending: 3 });
  equal(await state(again, running), "stopped");
  equal((await again.get(ids[0]!)).state, "pending");
  again.configure({ maxJobs: 1 });
  deepEqual(await orderOfEnds(again, 3), ["b1", "a1", "a2"]);
  equal(readRecord(join(directory, ids[0]!)).queued, false);
});
