/** Job hosts under which somebody tidies up. */
import { equal, match } from "node:assert/strict";
import { join } from "node:path";
import { isAlive, readText } from "../helpers/jobs.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { HostFolder } from "./attached.ts";

const OWNER = { owner: "alice" };
const SLEEP = { command: "sleep", args: ["60"] };

for (
  const [what, names] of Object.entries({
    "its lock": ["jobhost.pid"],
    "its socket": ["jobs.sock"],
    "the folder of both": ["."],
  })
) {
  Deno.test(`JobHost takes its place again when ${what} is removed`, async () => {
    await using folder = await HostFolder.make();
    const first = await folder.jobs();
    const { id, pid } = await first.start(SLEEP, OWNER);
    const host = folder.pid!;
    await first[Symbol.asyncDispose]();
    for (const name of names) {
      await Deno.remove(join(folder.run, name), { recursive: true });
    }
    await waitFor(
      "the place to be taken again",
      async () =>
        folder.pid === host &&
        await Deno.stat(join(folder.run, "jobs.sock")).catch(() => null),
    );
    await using jobs = await folder.jobs();
    equal((await jobs.get(id)).state, "running");
    equal(folder.pid, host);
    await jobs.stop(id);
    equal(isAlive(pid!), false);
  });
}

Deno.test("JobHost ends, with its jobs, when all of its state directory is removed, and makes it not again", async () => {
  await using folder = await HostFolder.make();
  const jobs = await folder.jobs();
  const { pid } = await jobs.start(SLEEP, OWNER);
  const host = folder.pid!;
  await jobs[Symbol.asyncDispose]();
  await Deno.remove(join(folder.run, ".."), { recursive: true });
  await waitFor(
    "its end",
    () => Promise.resolve(!isAlive(host) && !isAlive(pid!)),
  );
  equal(await Deno.stat(join(folder.run, "..")).catch(() => null), null);
  await Deno.mkdir(folder.run, { recursive: true });
});

Deno.test("JobHost leaves its place and its jobs to another one that has taken its lock", async () => {
  await using folder = await HostFolder.make();
  const first = await folder.jobs();
  const { id, pid } = await first.start(SLEEP, OWNER);
  const host = folder.pid!;
  await first[Symbol.asyncDispose]();
  const path = join(folder.run, "jobhost.pid");
  // In one step, so that the old one finds it locked.
  const taken = await Deno.open(`${path}.new`, {
    read: true,
    write: true,
    create: true,
  });
  await taken.lock(true);
  await Deno.rename(`${path}.new`, path);
  await waitFor("the old one to end", () => !isAlive(host));
  taken.close();
  equal(isAlive(pid!), true);
  match(await folder.log(), /another one has taken its place/);
  await using jobs = await folder.jobs();
  equal((await jobs.get(id)).state, "running");
  await jobs.stop(id);
});

Deno.test("AttachedJobs finds a job host whose socket's path is longer than an address may be", async () => {
  await using folder = await HostFolder.make("deep/".repeat(30));
  equal(join(folder.run, "jobs.sock").length > 150, true);
  await using jobs = await folder.jobs();
  const { id } = await jobs.start({ command: "echo", args: ["hi"] }, OWNER);
  equal(await readText(jobs, id, { follow: true }), "hi\n");
  // Once more: what led there is still good.
  equal((await jobs.list()).length, 1);
});
