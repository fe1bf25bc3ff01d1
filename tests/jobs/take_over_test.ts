import { deepEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import type { JobRequest } from "../../lib/api/job.ts";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
import { readAll, temporarySupervisor } from "../helpers/jobs.ts";

const owner = "alice";

Deno.test("recover() takes over a job that the start had to leave alone, in its place", async () => {
  await using given = await temporarySupervisor();
  const ids: string[] = [];
  for (const name of ["first", "second", "third"]) {
    const { id } = await given.jobs.start(
      { command: "echo", args: [name] },
      { owner },
    );
    await given.jobs.get(id, { wait: true });
    ids.push(id);
  }
  const left = join(given.directory, ids[1]!);
  await using next = new JobSupervisor({
    directory: given.directory,
    mayRecover: (directory) => directory !== left,
  });
  const known = async () => (await next.list()).map(({ id }) => id);
  deepEqual(await known(), [ids[0], ids[2]]);
  next.recover(left);
  next.recover(left);
  next.recover(join(given.directory, "no-such-job"));
  deepEqual(await known(), ids);
  const { stdout } = await readAll(next, ids[1]!);
  equal(new TextDecoder().decode(stdout), "second\n");
});

Deno.test("log() tells of a pending job's output from before its start to its end", async () => {
  await using given = await temporarySupervisor({ maxJobs: 0 });
  const { id } = await given.jobs.start(
    { command: "echo", args: ["hello"] },
    { owner },
  );
  const { signal } = new AbortController();
  const changes = given.jobs.log(id, { signal })[Symbol.asyncIterator]();
  const { value: first } = await changes.next();
  deepEqual([first.type, first.end, first.final], ["snapshot", 0, null]);
  given.jobs.configure({ maxJobs: 1 });
  let last = first;
  for (
    let next = await changes.next();
    !next.done;
    next = await changes.next()
  ) {
    last = next.value;
  }
  deepEqual([last.end, last.final?.state], [6, "succeeded"]);
});

Deno.test("follower() holds up a job that waits for its readers, and no final one", async () => {
  await using given = await temporarySupervisor({ maxJobs: 0 });
  const { jobs } = given;
  const request: JobRequest = {
    command: "head",
    args: ["-c", String(1 << 20), "/dev/zero"],
    overflow: "wait",
    limits: { output: "64K" },
  };
  const followed = await jobs.start(request, { owner });
  const other = await jobs.start(request, { owner });
  const follower = jobs.follower(followed.id)!;
  follower.progress(0);
  jobs.configure({ maxJobs: 2 });
  // In the time that the other one takes, this one would have lost the middle of its output.
  await jobs.get(other.id, { wait: true });
  const reading = readAll(jobs, followed.id);
  follower.progress(Infinity);
  follower[Symbol.dispose]();
  const { stdout, gaps } = await reading;
  deepEqual([stdout.length, gaps], [1 << 20, []]);
  equal(jobs.follower(followed.id), null);
});
