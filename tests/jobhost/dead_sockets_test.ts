import { deepEqual } from "node:assert/strict";
import { join } from "node:path";
import { removeDeadSockets } from "../../lib/jobhost/dead_sockets.ts";

Deno.test("removeDeadSockets() removes the sockets of job hosts that neither live nor have jobs", async () => {
  const run = await Deno.makeTempDir({ prefix: "worker-sockets-" });
  try {
    const others = ["jobs.sock", "jobhost.pid", "jobs.2.sock"];
    for (const name of [...others, "jobs.1.sock", "jobs.30.sock"]) {
      await Deno.writeTextFile(join(run, name), "");
    }
    removeDeadSockets(run, [join(run, "jobs.2.sock")]);
    const left = [...Deno.readDirSync(run)].map(({ name }) => name);
    deepEqual(left.sort(), others.sort());
  } finally {
    await Deno.remove(run, { recursive: true });
  }
});
