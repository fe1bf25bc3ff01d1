import { deepEqual, equal, rejects } from "node:assert/strict";
import { join } from "node:path";
import { type ControlRecord, FrameDecoder } from "../../lib/api/frame.ts";
import type { JobRequest } from "../../lib/api/job.ts";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { readAll, temporarySupervisor, until } from "../helpers/jobs.ts";
import { refused } from "../helpers/refused.ts";

const owner = "alice";
const KIB = 1024;

function printing(bytes: number): JobRequest {
  return { command: "head", args: ["-c", String(bytes), "/dev/zero"] };
}

async function run(jobs: JobSupervisor, request: JobRequest): Promise<string> {
  const { id } = await jobs.start(request, { owner });
  await jobs.get(id, { wait: true });
  return id;
}

/** True for each job whose output is still there. */
async function kept(jobs: JobSupervisor, ids: string[]): Promise<boolean[]> {
  const all = await Promise.all(ids.map((id) => jobs.get(id)));
  return all.map(({ output }) => output.start === 0);
}

Deno.test("over outputTotal the oldest outputs go first, and the records stay", async () => {
  const clock = new FakeClock();
  await using given = await temporarySupervisor({
    clock,
    outputTotal: 250 * KIB,
  });
  const { jobs, directory } = given;
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) {
    ids.push(await run(jobs, printing(100 * KIB)));
    clock.pass(1_000);
  }
  await until(async () =>
    (await kept(jobs, ids)).join() === "false,false,true,true"
  );
  const oldest = await jobs.get(ids[0]!);
  deepEqual(oldest.output, { start: 100 * KIB, end: 100 * KIB });
  deepEqual(oldest.bytes, { stdout: 100 * KIB, stderr: 0 });
  equal(oldest.state, "succeeded");
  const files = [...Deno.readDirSync(join(directory, ids[0]!))];
  deepEqual(files.map(({ name }) => name), ["job.json"]);
});

Deno.test("an output that was removed is a gap, also after a restart", async () => {
  await using given = await temporarySupervisor({ outputTotal: KIB });
  const id = await run(given.jobs, printing(100 * KIB));
  await until(async () => !(await kept(given.jobs, [id]))[0]);
  await using again = new JobSupervisor({ directory: given.directory });
  for (const jobs of [given.jobs, again]) {
    const { stdout, gaps, end } = await readAll(jobs, id);
    equal(stdout.length, 0);
    deepEqual(gaps, [{ from: 0, to: 100 * KIB }]);
    deepEqual([end?.state, end?.bytes.stdout], ["succeeded", 100 * KIB]);
  }
});

Deno.test("a reader under whom an output is removed gets a gap and the end", async () => {
  await using given = await temporarySupervisor();
  const id = await run(given.jobs, printing(100 * KIB));
  const controls: ControlRecord[] = [];
  let bytes = 0;
  const decoder = new FrameDecoder({
    output: (piece) => void (bytes += piece.length),
    control: (record) => void controls.push(record),
  });
  await using source = await given.jobs.output(id);
  const buffer = new Uint8Array(1 << 18);
  equal(await source.ready(), true);
  given.jobs.configure({ outputTotal: 0 });
  while (await source.ready()) {
    decoder.push(buffer.subarray(0, source.read(buffer)));
  }
  equal(bytes, 0);
  deepEqual(controls.map(({ type }) => type), ["position", "gap", "end"]);
});

Deno.test("what was removed by hand does not count", async () => {
  await using given = await temporarySupervisor({ outputTotal: 250 * KIB });
  const { jobs } = given;
  const ids: string[] = [];
  for (let i = 0; i < 2; i++) ids.push(await run(jobs, printing(100 * KIB)));
  await jobs.remove(await run(jobs, printing(40 * KIB)));
  ids.push(await run(jobs, printing(40 * KIB)));
  deepEqual(await kept(jobs, ids), [true, true, true]);
});

Deno.test("outputs that an earlier supervisor left count, too", async () => {
  const clock = new FakeClock();
  await using given = await temporarySupervisor({ clock });
  const ids = [await run(given.jobs, printing(100 * KIB))];
  clock.pass(1_000);
  ids.push(await run(given.jobs, printing(100 * KIB)));
  await using again = new JobSupervisor({
    directory: given.directory,
    outputTotal: 150 * KIB,
  });
  deepEqual(await kept(again, ids), [false, true]);
});

Deno.test("configure() with a lower outputTotal makes room at once", async () => {
  await using given = await temporarySupervisor();
  const id = await run(given.jobs, printing(100 * KIB));
  given.jobs.configure({ outputTotal: 0 });
  deepEqual(await kept(given.jobs, [id]), [false]);
});

Deno.test("running jobs keep their output over outputTotal, and new jobs are refused", async () => {
  await using given = await temporarySupervisor({ outputTotal: 50 * KIB });
  const { jobs } = given;
  const { id } = await jobs.start({
    command: "sh",
    args: ["-c", "head -c 102400 /dev/zero; exec sleep 1000"],
  }, { owner });
  await until(async () => (await jobs.get(id)).output.end === 102_400);
  // A look at what runs, as it is taken every few seconds.
  jobs.configure({});
  equal((await jobs.get(id)).output.start, 0);
  await rejects(
    jobs.start({ command: "true" }, { owner }),
    refused(
      "RESOURCE_EXHAUSTED",
      /output of running jobs takes 100K.*all jobs may have 50K.*stop one/,
    ),
  );
  await jobs.stop(id);
  deepEqual(await kept(jobs, [id]), [false]);
  equal(
    (await jobs.get(await run(jobs, { command: "true" }))).state,
    "succeeded",
  );
});

Deno.test("below the reserve new jobs are refused while all else goes on", async () => {
  await using given = await temporarySupervisor();
  const { jobs, directory } = given;
  const running = await jobs.start(
    { command: "sh", args: ["-c", "echo out; exec cat"], stdin: true },
    { owner },
  );
  const removable = await run(jobs, { command: "true" });
  await until(async () => (await jobs.get(running.id)).output.end === 4);
  jobs.configure({ reserve: 2 ** 60 });
  await rejects(
    jobs.start({ command: "true" }, { owner }),
    refused("RESOURCE_EXHAUSTED", /must stay free: remove finished jobs/),
  );
  deepEqual([...Deno.readDirSync(directory)].length, 2);
  await jobs.remove(removable);
  await jobs.input(running.id, (async function* () {})());
  const { stdout, end } = await readAll(jobs, running.id);
  deepEqual([new TextDecoder().decode(stdout), end?.state], [
    "out\n",
    "succeeded",
  ]);
  jobs.configure({ reserve: 0 });
  await run(jobs, { command: "true" });
});

Deno.test("pending jobs wait while the disk is below the reserve", async () => {
  const clock = new FakeClock();
  await using given = await temporarySupervisor({ clock });
  const { jobs } = given;
  const { id } = await jobs.start(
    { command: "true", startAfter: "1s" },
    { owner },
  );
  jobs.configure({ reserve: 2 ** 60 });
  clock.pass(2_000);
  equal((await jobs.get(id)).state, "pending");
  jobs.configure({ reserve: 0 });
  equal((await jobs.get(id, { wait: true })).state, "succeeded");
});

Deno.test("final jobs are removed when they are older than maxAge", async () => {
  const clock = new FakeClock();
  await using given = await temporarySupervisor({ clock, maxAge: 60_000 });
  const { jobs } = given;
  const id = await run(jobs, { command: "true" });
  clock.pass(59_999);
  jobs.configure({});
  equal((await jobs.get(id)).id, id);
  clock.pass(1);
  jobs.configure({});
  await rejects(jobs.get(id), refused("NOT_FOUND", new RegExp(id)));
});
