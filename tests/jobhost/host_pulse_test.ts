import { equal, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { AttachedJobs } from "../../lib/jobhost/mod.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { HostFolder } from "./attached.ts";

const owner = "alice";

Deno.test("calls are refused at once while the job host does not answer, and then go on", async () => {
  await using folder = await HostFolder.make();
  // A host that has other work is slow to answer, and not silent.
  const pulse = { every: 20, within: 3_000 };
  const hosts = await folder.attach({ pulse });
  await using jobs = new AttachedJobs(
    hosts,
    join(folder.stateDir, "jobs"),
  );
  const pid = folder.pid!;
  const { id } = await jobs.start({ command: "sleep", args: ["100"] }, {
    owner,
  });
  equal(hosts.problem, null);
  Deno.kill(pid, "SIGSTOP");
  try {
    await waitFor("a silence", () => hosts.problem !== null);
    match(hosts.problem!, new RegExp(`^job host ${pid} does not answer`));
    await rejects(jobs.get(id), { code: "UNAVAILABLE", message: /not answer/ });
    await rejects(jobs.list(), { code: "UNAVAILABLE", message: /not answer/ });
  } finally {
    Deno.kill(pid, "SIGCONT");
  }
  await waitFor("an answer", () => hosts.problem === null);
  equal((await jobs.get(id)).state, "running");
  await jobs.stop(id);
});

Deno.test("calls wait for the next job host when one is found dead by its pulse", async () => {
  await using folder = await HostFolder.make();
  // The pulse may notice the death before the link does.
  const pulse = { every: 1, within: 10_000 };
  const hosts = await folder.attach({ pulse });
  await using jobs = new AttachedJobs(hosts, join(folder.stateDir, "jobs"));
  for (let round = 0; round < 3; round++) {
    const pid = await waitFor("a job host", () => folder.pid);
    Deno.kill(pid, "SIGKILL");
    const { id } = await jobs.start({ command: "true" }, { owner });
    await jobs.get(id, { wait: true });
  }
  equal((await jobs.list()).length, 3);
});
