import { deepEqual, equal } from "node:assert/strict";
import { findServer } from "../../lib/daemon/find_server.ts";
import { runFiles } from "../../lib/daemon/run_files.ts";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";

Deno.test("findServer() finds the keeper first, then the server, and nobody when no lock is held", async () => {
  const stateDir = await Deno.makeTempDir({ prefix: "worker-find-" });
  try {
    equal(findServer(stateDir), null);
    await Deno.mkdir(`${stateDir}/run`);
    const { lock, keeperLock } = runFiles(stateDir);
    {
      using _server = PidLock.take(lock)!;
      deepEqual(findServer(stateDir), { pid: Deno.pid, lock });
      using _keeper = PidLock.take(keeperLock)!;
      deepEqual(findServer(stateDir), { pid: Deno.pid, lock: keeperLock });
    }
    // The number of somebody who died may be another's by now.
    await Deno.writeTextFile(lock, `${Deno.pid}\n`);
    equal(findServer(stateDir), null);
  } finally {
    await Deno.remove(stateDir, { recursive: true });
  }
});
