/** Two builds of the program, one after the other, over one state directory. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { isAlive, readAll } from "../helpers/jobs.ts";
import { refused } from "../helpers/refused.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { HostFolder, OTHER_BUILD } from "./attached.ts";

const OWNER = { owner: "alice" };
const holder = {
  command: "sh",
  args: ["-c", 'echo old; while [ ! -e "$0" ]; do sleep 0.02; done; echo end'],
};

Deno.test("JobHosts replaces an idle job host of another build", async () => {
  await using folder = await HostFolder.make();
  const old = await folder.jobs();
  const { id } = await old.start({ command: "true" }, OWNER);
  await old.get(id, { wait: true });
  const before = folder.pid!;
  await old[Symbol.asyncDispose]();
  await using jobs = await folder.jobs(folder.otherBuild());
  equal(isAlive(before), false);
  equal((await jobs.get(id)).state, "succeeded");
});

Deno.test("JobHosts keeps a job host of its own build", async () => {
  await using folder = await HostFolder.make();
  await (await folder.jobs())[Symbol.asyncDispose]();
  const before = folder.pid;
  await using jobs = await folder.jobs();
  deepEqual(await jobs.list(), []);
  equal(folder.pid, before);
});

Deno.test("A start that comes again after its job host was replaced starts nothing", async () => {
  await using folder = await HostFolder.make();
  const old = await folder.jobs();
  const go = `${folder.stateDir}/go`;
  const request = { ...holder, args: [...holder.args, go] };
  const start = { ...OWNER, key: "k-1" };
  const held = await old.start(request, start);
  await old[Symbol.asyncDispose]();

  await using jobs = await folder.jobs(folder.otherBuild());
  for (const follow of [false, true]) {
    equal((await jobs.start(request, { ...start, follow })).id, held.id);
  }
  await rejects(
    jobs.start({ command: "true" }, start),
    refused("CONFLICT", /"k-1"/),
  );
  const other = await jobs.start({ command: "true" }, { ...start, key: "k-2" });
  equal(other.id === held.id, false);
  await Deno.writeTextFile(go, "");
  await jobs.get(held.id, { wait: true });
});

Deno.test("A job host of another build finishes its jobs beside the new one, which then has them", async () => {
  await using folder = await HostFolder.make();
  const old = await folder.jobs();
  const go = `${folder.stateDir}/go`;
  const request = { ...holder, args: [...holder.args, go] };
  const held = await old.start(request, OWNER);
  const before = folder.pid!;
  await old[Symbol.asyncDispose]();

  await using jobs = await folder.jobs(folder.otherBuild());
  equal(isAlive(before), true);
  equal(folder.pid === before, false);
  const fresh = await jobs.start({ command: "true" }, OWNER);
  await jobs.get(fresh.id, { wait: true });
  const states = (await jobs.list()).map(({ id, state }) => [id, state]);
  deepEqual(states, [[held.id, "running"], [fresh.id, "succeeded"]]);

  const following = readAll(jobs, held.id);
  const waiting = jobs.get(held.id, { wait: true });
  const watched: string[] = [];
  const stop = new AbortController();
  const watching = (async () => {
    for await (const job of jobs.watch({}, { signal: stop.signal })) {
      if (job.id === held.id) watched.push(job.state);
    }
  })();
  watching.catch(() => {});
  await waitFor("the watch", () => watched.length > 0);
  await Deno.writeTextFile(go, "");

  const { stdout, end } = await following;
  equal(new TextDecoder().decode(stdout), "old\nend\n");
  equal(end?.exit.code, 0);
  equal((await waiting).state, "succeeded");
  await waitFor("the old one to end", () => !isAlive(before));
  equal((await jobs.get(held.id)).state, "succeeded");
  await waitFor("the watch to see it", () => watched.includes("succeeded"));
  stop.abort();
  await watching;
  await jobs.remove(held.id);
  deepEqual((await jobs.list()).map(({ id }) => id), [fresh.id]);
  const left = Array.from(Deno.readDirSync(folder.run), ({ name }) => name);
  deepEqual(left.filter((name) => name.includes(String(before))), []);
});

Deno.test("A job of a replaced job host is adopted when that one is killed", async () => {
  await using folder = await HostFolder.make();
  const old = await folder.jobs();
  const go = `${folder.stateDir}/go`;
  const { id } = await old.start(
    { ...holder, args: [...holder.args, go] },
    OWNER,
  );
  const before = folder.pid!;
  await old[Symbol.asyncDispose]();
  await using jobs = await folder.jobs(folder.otherBuild());
  Deno.kill(before, "SIGKILL");
  equal((await jobs.get(id)).state, "running");
  await Deno.writeTextFile(go, "");
  const { stdout } = await readAll(jobs, id);
  equal(new TextDecoder().decode(stdout), "old\nend\n");
});

Deno.test("JobHosts leaves a job host alone that another build has started beside it", async () => {
  await using folder = await HostFolder.make();
  await using old = await folder.attach();
  using _ = old.standBack();
  const before = folder.pid!;
  await using jobs = await folder.jobs(folder.otherBuild());
  await waitFor("the old one to end", () => !isAlive(before));
  const { info } = await old.current();
  equal(info.build, OTHER_BUILD);
  // The old daemon would have asked it to go before it took it.
  equal((await jobs.list()).length, 0);
  equal(folder.pid, info.pid);
});

Deno.test("JobHosts.configure() tells the job host at once, and whoever follows it", async () => {
  await using folder = await HostFolder.make();
  await using hosts = await folder.attach({ settings: { maxJobs: 1 } });
  await using jobs = await folder.jobs({ settings: { maxJobs: 1 } });
  const sleeper = { command: "sleep", args: ["1000"] };
  const first = await jobs.start(sleeper, OWNER);
  const waiting = await jobs.start(sleeper, OWNER);
  equal(waiting.state, "pending");
  await hosts.configure({ maxJobs: 2 });
  await waitFor(
    "the second one to run",
    async () => (await jobs.get(waiting.id)).state === "running",
  );
  await Promise.all([first, waiting].map(({ id }) => jobs.stop(id)));
});
