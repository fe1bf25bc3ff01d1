import { deepEqual } from "node:assert/strict";
import { livingHosts } from "../../lib/jobhost/living_hosts.ts";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";
import { writeRetiredFile } from "../../lib/jobhost/retired_hosts.ts";

Deno.test("livingHosts() finds the job host and those it has replaced when they hold their locks", async () => {
  const run = await Deno.makeTempDir({ prefix: "worker-hosts-" });
  try {
    deepEqual(livingHosts(`${run}/missing`), []);
    await Deno.writeTextFile(`${run}/jobhost.pid`, `${Deno.pid}\n`);
    await Deno.writeTextFile(`${run}/jobhost.1.json`, "{}");
    deepEqual(livingHosts(run), []);
    deepEqual(livingHosts(`${run}/jobhost.pid/run`), []);
    {
      using _host = PidLock.take(`${run}/jobhost.pid`)!;
      using _retired = writeRetiredFile(run, ["job"]);
      deepEqual(
        livingHosts(run).map(({ lock }) => lock).sort(),
        [`${run}/jobhost.${Deno.pid}.json`, `${run}/jobhost.pid`],
      );
      deepEqual(livingHosts(run).map(({ pid }) => pid), [Deno.pid, Deno.pid]);
    }
    deepEqual(livingHosts(run), []);
  } finally {
    await Deno.remove(run, { recursive: true });
  }
});
