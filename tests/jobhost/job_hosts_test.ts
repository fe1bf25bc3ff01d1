import { equal } from "node:assert/strict";
import { JobHosts } from "../../lib/jobhost/mod.ts";
import { BUILD, HostFolder } from "./attached.ts";

Deno.test("JobHosts.dispose() lets go when it is attaching to a job host that does not answer", async () => {
  await using folder = await HostFolder.make();
  await (await folder.attach())[Symbol.asyncDispose]();
  const pid = folder.pid!;
  Deno.kill(pid, "SIGSTOP");
  try {
    const { stateDir } = folder;
    const hosts = JobHosts.begin({
      ...{ stateDir, settings: {}, build: BUILD, launch: null },
    });
    equal(hosts.up, false);
    await hosts[Symbol.asyncDispose]();
  } finally {
    Deno.kill(pid, "SIGCONT");
  }
});

Deno.test("JobHosts.dispose() lets go of the job host that answers at this moment", async () => {
  await using folder = await HostFolder.make();
  await (await folder.attach())[Symbol.asyncDispose]();
  const { stateDir } = folder;
  for (let turns = 0; turns < 40; turns++) {
    const hosts = JobHosts.begin({
      ...{ stateDir, settings: {}, build: BUILD, launch: null },
    });
    // Each a little later, up to an answer and beyond.
    for (let turn = 0; turn < turns; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await hosts[Symbol.asyncDispose]();
  }
});
