/** `AttachedJobs` over real job hosts, which are killed, replaced and started again. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { isAlive, readAll, readText } from "../helpers/jobs.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { HostFolder } from "./attached.ts";

const OWNER = { owner: "alice" };

/** Prints so many lines, slowly enough to be killed meanwhile. */
const printer = (lines: number) => ({
  command: "sh",
  args: [
    "-c",
    `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo line $i; sleep 0.01; done`,
  ],
});

const linesTo = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");

Deno.test("AttachedJobs starts jobs in the name of their owner, and shows their output and end", async () => {
  await using folder = await HostFolder.make();
  await using jobs = await folder.jobs();
  const job = await jobs.start({ command: "echo", args: ["hi"] }, {
    owner: "Zoë Ω",
  });
  equal(job.owner, "Zoë Ω");
  const { stdout, end } = await readAll(jobs, job.id);
  equal(new TextDecoder().decode(stdout), "hi\n");
  equal(end?.state, "succeeded");
  const final = await jobs.get(job.id, { wait: true });
  deepEqual(await jobs.list(), [final]);
  await jobs.remove(job.id);
  await rejects(jobs.output(job.id), { code: "NOT_FOUND" });
});

Deno.test("AttachedJobs leaves jobs running when it is disposed, and finds them again", async () => {
  await using folder = await HostFolder.make();
  const first = await folder.jobs();
  const { id, pid } = await first.start(printer(200), OWNER);
  await first[Symbol.asyncDispose]();
  equal(isAlive(pid!), true);
  await using jobs = await folder.jobs();
  const { stdout, end } = await readAll(jobs, id);
  equal(new TextDecoder().decode(stdout), linesTo(200));
  deepEqual(end?.exit, {
    code: 0,
    signal: null,
    reason: "exited",
    detail: null,
  });
});

Deno.test("AttachedJobs cuts its followers when it is disposed", async () => {
  await using folder = await HostFolder.make();
  const jobs = await folder.jobs();
  const { id } = await jobs.start({ command: "sleep", args: ["60"] }, OWNER);
  const following = readAll(jobs, id);
  const waiting = jobs.get(id, { wait: true });
  const outcome = Promise.allSettled([following, waiting]);
  await jobs.get(id);
  await jobs[Symbol.asyncDispose]();
  for (const { status } of await outcome) equal(status, "rejected");
  await rejects(following, { code: "UNAVAILABLE" });
});

Deno.test("AttachedJobs goes on following when the job host is killed", async () => {
  await using folder = await HostFolder.make();
  await using jobs = await folder.jobs();
  const { id } = await jobs.start(printer(200), OWNER);
  const following = readAll(jobs, id);
  const waiting = jobs.get(id, { wait: true });
  await waitFor(
    "some output",
    async () => (await readText(jobs, id)).includes("line 20\n"),
  );
  const before = folder.pid!;
  Deno.kill(before, "SIGKILL");
  const { stdout, gaps, end } = await following;
  equal(new TextDecoder().decode(stdout), linesTo(200));
  deepEqual(gaps, []);
  const { state, exit } = await waiting;
  equal(end?.state, state);
  // Where nobody could see with which code its process ended, it is no success.
  equal(exit?.code, state === "succeeded" ? 0 : null);
  equal(["succeeded", "lost"].includes(state), true, state);
  equal(folder.pid === before, false);
});

Deno.test("AttachedJobs waits for the next job host when a job is started without one", async () => {
  await using folder = await HostFolder.make();
  await using jobs = await folder.jobs();
  Deno.kill(folder.pid!, "SIGKILL");
  await waitFor("its end", () => folder.pid === null);
  const { id } = await jobs.start({ command: "true" }, OWNER);
  equal((await jobs.get(id, { wait: true })).state, "succeeded");
});

Deno.test("AttachedJobs watches on when the job host is killed, and tells nothing twice", async () => {
  await using folder = await HostFolder.make();
  await using jobs = await folder.jobs();
  const stop = new AbortController();
  const told: string[] = [];
  const watching = (async () => {
    for await (const job of jobs.watch({}, { signal: stop.signal })) {
      told.push(`${job.command} ${job.state}`);
    }
  })();
  watching.catch(() => {});
  const first = await jobs.start({ command: "true" }, OWNER);
  await jobs.get(first.id, { wait: true });
  await waitFor("the end", () => told.includes("true succeeded"));
  const before = folder.pid!;
  Deno.kill(before, "SIGKILL");
  await waitFor(
    "the next one",
    () => folder.pid !== null && folder.pid !== before,
  );
  const second = await jobs.start({ command: "false" }, OWNER);
  await jobs.get(second.id, { wait: true });
  await waitFor("the other end", () => told.includes("false failed"));
  stop.abort();
  await watching;
  equal(told.filter((text) => text === "true succeeded").length, 1);
});

Deno.test("AttachedJobs writes to a job's standard input", async () => {
  await using folder = await HostFolder.make();
  await using jobs = await folder.jobs();
  const { id } = await jobs.start({ command: "cat", stdin: true }, OWNER);
  const text = new TextEncoder().encode("through the socket\n");
  await jobs.input(
    id,
    (async function* () {
      yield text;
    })(),
  );
  const { stdout } = await readAll(jobs, id);
  deepEqual(stdout, text);
});

Deno.test("AttachedJobs reads nothing outside of the jobs when an id is a path", async () => {
  await using folder = await HostFolder.make();
  await using jobs = await folder.jobs();
  for (const id of ["..", "../run", "%2e%2e", ""]) {
    await rejects(jobs.output(id), { code: "NOT_FOUND" });
  }
});

Deno.test("JobHosts gives up with a reason when no job host can be started", async () => {
  await using folder = await HostFolder.make();
  await rejects(
    folder.attach({ launch: () => Promise.resolve(3), patience: 500 }),
    (error: Error & { code: string }) => {
      equal(error.code, "UNAVAILABLE");
      match(error.message, /no job host.*jobhost\.log/);
      return true;
    },
  );
});
