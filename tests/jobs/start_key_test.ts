/** Starts that come twice, as after a connection that was cut before the answer. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import type { Job, JobRequest } from "../../lib/api/job.ts";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
import { temporarySupervisor } from "../helpers/jobs.ts";
import { refused } from "../helpers/refused.ts";

const START = { owner: "alice", key: "k-1" };
const ECHO: JobRequest = { command: "echo", args: ["hi"], env: { A: "1" } };

const idOf = ({ id }: Job) => id;

Deno.test("start() with the same key starts one job, also when it comes twice at once", async () => {
  await using given = await temporarySupervisor();
  const { jobs } = given;
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => jobs.start(ECHO, START)),
  );
  answers.push(await jobs.start(ECHO, START));
  equal(new Set(answers.map(idOf)).size, 1);
  const { id } = await jobs.get(answers[0]!.id, { wait: true });
  const again = await jobs.start(ECHO, START);
  deepEqual([again.id, again.state], [id, "succeeded"]);
  equal((await jobs.list()).length, 1);
});

Deno.test("start() with another key, of another owner, or without a key starts another job", async () => {
  await using given = await temporarySupervisor();
  const { jobs } = given;
  const answers = [
    await jobs.start(ECHO, START),
    await jobs.start(ECHO, { ...START, key: "k-2" }),
    await jobs.start(ECHO, { ...START, owner: "bob" }),
    await jobs.start(ECHO, { owner: "alice" }),
    await jobs.start(ECHO, { owner: "alice" }),
  ];
  equal(new Set(answers.map(idOf)).size, answers.length);
});

Deno.test("start() refuses a key that was given with another job", async () => {
  await using given = await temporarySupervisor();
  const { jobs } = given;
  const { id } = await jobs.start(ECHO, START);
  const said = `"k-1" was given with another one, which became job "${id}"`;
  await rejects(
    jobs.start({ ...ECHO, args: ["ho"] }, START),
    refused("CONFLICT", new RegExp(said)),
  );
});

Deno.test("start() forgets the key of a start that failed, and of a job that was removed", async () => {
  await using given = await temporarySupervisor();
  const { jobs } = given;
  await rejects(
    jobs.start({ command: "/nonexistent" }, START),
    refused("COMMAND_NOT_FOUND", /nonexistent/),
  );
  const first = await jobs.start(ECHO, START);
  await jobs.get(first.id, { wait: true });
  await jobs.remove(first.id);
  const second = await jobs.start(ECHO, START);
  equal(first.id === second.id, false);
});

Deno.test("start() knows the keys of an earlier supervisor, of jobs that wait as well", async () => {
  await using given = await temporarySupervisor();
  const later: JobRequest = { ...ECHO, startAfter: "1h" };
  const first = await given.jobs.start(ECHO, START);
  const waiting = await given.jobs.start(later, { ...START, key: "k-2" });
  await given.jobs[Symbol.asyncDispose]();
  await using jobs = new JobSupervisor({ directory: given.directory });
  const answers = [
    await jobs.start(ECHO, START),
    await jobs.start(later, { ...START, key: "k-2" }),
  ];
  deepEqual(answers.map(idOf), [first.id, waiting.id]);
});
