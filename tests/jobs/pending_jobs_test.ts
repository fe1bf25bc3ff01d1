import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import type { Job, JobRequest } from "../../lib/api/job.ts";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
import { readAll, readText, temporarySupervisor } from "../helpers/jobs.ts";
import { refused } from "../helpers/refused.ts";

const owner = "alice";
const text = new TextDecoder();

/** Runs until it is stopped, or its standard input is closed. */
const CAT: JobRequest = { command: "cat", stdin: true };

async function end(jobs: JobSupervisor, { id }: Job): Promise<void> {
  await jobs.input(id, (async function* () {})());
  await jobs.get(id, { wait: true });
}

Deno.test("stop() of a pending job makes it stopped at once, and it never starts", async () => {
  await using given = await temporarySupervisor({ maxJobs: 1 });
  const { jobs } = given;
  const first = await jobs.start(CAT, { owner });
  const second = await jobs.start(CAT, { owner });
  await using source = await jobs.output(second.id, { follow: true });
  const stopped = await jobs.stop(second.id);
  deepEqual([stopped.state, stopped.pid, stopped.exit], ["stopped", null, {
    code: null,
    signal: null,
    reason: "stopped",
    detail: null,
  }]);
  ok(stopped.endedAt);
  // Who followed it already is told, and who comes now.
  equal(await source.ready(), true);
  equal((await readAll(jobs, second.id)).end?.state, "stopped");
  await end(jobs, first);
  await jobs.idle();
  equal((await jobs.get(second.id)).startedAt, null);
  await jobs.remove(second.id);
});

Deno.test("stop() wins over a start that is under way", async () => {
  await using given = await temporarySupervisor({ maxJobs: 0 });
  const { jobs } = given;
  const { id } = await jobs.start(CAT, { owner });
  const next = await jobs.start({ command: "true" }, { owner });
  jobs.configure({ maxJobs: 1 });
  const { state: last, startedAt } = await jobs.stop(id);
  deepEqual([last, startedAt], ["stopped", null]);
  equal((await jobs.get(next.id, { wait: true })).state, "succeeded");
  equal((await jobs.get(id)).state, "stopped");
});

Deno.test("a pending job can be neither removed nor signalled nor paused", async () => {
  await using given = await temporarySupervisor({ maxJobs: 0 });
  const { id } = await given.jobs.start(CAT, { owner });
  await rejects(
    given.jobs.remove(id),
    refused("CONFLICT", /is pending; stop it first/),
  );
  await rejects(
    given.jobs.signal(id, "SIGHUP"),
    refused("CONFLICT", /has not started yet/),
  );
  await rejects(given.jobs.pause(id), refused("CONFLICT", /is pending/));
});

Deno.test("output() and input() of a pending job wait for its start", async () => {
  await using given = await temporarySupervisor({ maxJobs: 1 });
  const { jobs } = given;
  const first = await jobs.start(CAT, { owner });
  const second = await jobs.start(CAT, { owner });
  const followed = readAll(jobs, second.id);
  const written = jobs.input(
    second.id,
    (async function* () {
      yield new TextEncoder().encode("early");
    })(),
  );
  equal(await readText(jobs, second.id), "");
  await end(jobs, first);
  await written;
  const { stdout, end: last } = await followed;
  deepEqual([text.decode(stdout), last?.state], ["early", "succeeded"]);
});

Deno.test("a pending job that can't start any more fails and says why", async () => {
  await using given = await temporarySupervisor({ maxJobs: 1 });
  const { jobs } = given;
  const command = join(given.directory, "..", "program");
  await Deno.writeTextFile(command, "#!/bin/sh\n", { mode: 0o755 });
  const first = await jobs.start(CAT, { owner });
  const second = await jobs.start({ command }, { owner });
  await Deno.remove(command);
  const idle = jobs.idle();
  await end(jobs, first);
  await idle;
  const { state: last, exit, pid } = await jobs.get(second.id, { wait: true });
  deepEqual([last, exit?.reason, pid], ["failed", "start_failed", null]);
  match(exit?.detail ?? "", /program" does not exist|program".*not exist/);
});

Deno.test("start() checks what it will only start later", async () => {
  await using given = await temporarySupervisor({ maxJobs: 0 });
  await rejects(
    given.jobs.start({ command: "no-such" }, { owner }),
    refused("COMMAND_NOT_FOUND", /no-such/),
  );
  deepEqual(given.jobs.counts(), { live: 0, pending: 0 });
});
