import { deepEqual, equal, rejects } from "node:assert/strict";
import { join } from "node:path";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
import { isAlive, temporarySupervisor, until } from "../helpers/jobs.ts";
import { refused } from "../helpers/refused.ts";

const owner = "alice";

Deno.test("list() filters by state, owner, label and place", async () => {
  await using given = await temporarySupervisor();
  const a = await given.jobs.start({ command: "true", labels: { env: "a" } }, {
    owner: "a",
  });
  const b = await given.jobs.start({ command: "sleep", args: ["1000"] }, {
    owner: "b",
  });
  await given.jobs.get(a.id, { wait: true });
  const ids = async (filter: Parameters<JobSupervisor["list"]>[0]) =>
    (await given.jobs.list(filter)).map(({ id }) => id);
  deepEqual(await ids({}), [a.id, b.id]);
  deepEqual(await ids({ state: ["running"] }), [b.id]);
  deepEqual(await ids({ owner: "a" }), [a.id]);
  deepEqual(await ids({ labels: { env: "a" } }), [a.id]);
  deepEqual(await ids({ labels: { env: "b" } }), []);
  deepEqual(await ids({ after: a.id }), [b.id]);
  deepEqual(await ids({ limit: 1 }), [a.id]);
});

Deno.test("watch() tells what there is and then what changes", async () => {
  await using given = await temporarySupervisor();
  const abort = new AbortController();
  const first = await given.jobs.start({ command: "sleep", args: ["1000"] }, {
    owner,
  });
  const seen: string[] = [];
  const watching = (async () => {
    for await (const job of given.jobs.watch({}, { signal: abort.signal })) {
      seen.push(`${job.id === first.id ? "first" : "second"} ${job.state}`);
      if (seen.at(-1) === "second succeeded") abort.abort();
    }
  })();
  await until(() => seen.length > 0);
  await given.jobs.stop(first.id);
  await until(() => seen.includes("first stopped"));
  await given.jobs.start({ command: "true" }, { owner });
  await watching;
  equal(seen[0], "first running");
});

Deno.test("remove() takes a final job with its files; a running one is a conflict", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start({ command: "cat", stdin: true }, {
    owner,
  });
  await rejects(given.jobs.remove(id), refused("CONFLICT", /stop it first/));
  await given.jobs.stop(id);
  await given.jobs.remove(id);
  await rejects(given.jobs.get(id), refused("NOT_FOUND", new RegExp(id)));
  deepEqual([...Deno.readDirSync(given.directory)], []);
});

Deno.test("remove() takes a job off the list when its directory is gone", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start({ command: "true" }, { owner });
  await given.jobs.get(id, { wait: true });
  await Deno.remove(join(given.directory, id), { recursive: true });
  await given.jobs.remove(id);
  deepEqual(await given.jobs.list(), []);
});

Deno.test("files of a job are for their owner only", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start({ command: "echo", args: ["secret"] }, {
    owner,
  });
  await given.jobs.get(id, { wait: true });
  const modes = [given.directory, join(given.directory, id)]
    .map((path) => Deno.statSync(path).mode! & 0o777);
  // Its group reads the output where the folder above lets it in.
  deepEqual(modes, [0o700, 0o750]);
  equal(
    Deno.statSync(join(given.directory, id, "job.json")).mode! & 0o777,
    0o600,
  );
});

Deno.test("disposing stops what runs and refuses what comes", async () => {
  const given = await temporarySupervisor();
  const { pid } = await given.jobs.start({ command: "sleep", args: ["1000"] }, {
    owner,
  });
  const disposing = given[Symbol.asyncDispose]();
  await rejects(
    given.jobs.start({ command: "true" }, { owner }),
    refused("UNAVAILABLE", /shutting/),
  );
  await disposing;
  equal(isAlive(pid!), false);
});
