import { deepEqual, equal } from "node:assert/strict";
import { until } from "../helpers/jobs.ts";
import { HostFolder } from "./attached.ts";

const OWNER = { owner: "alice" };

Deno.test("AttachedJobs.statistics() keeps its counts when the job host is killed, and counts what is lost", async () => {
  await using folder = await HostFolder.make();
  await using jobs = await folder.jobs();
  const echo = await jobs.start({ command: "echo", args: ["hi"] }, OWNER);
  await jobs.get(echo.id, { wait: true });
  const sleeper = await jobs.start({ command: "sleep", args: ["60"] }, OWNER);
  const before = await jobs.statistics();
  deepEqual([before.started, before.ended.exited], [2, 1]);
  deepEqual(before.printed, { stdout: 3, stderr: 0 });
  deepEqual([before.states.running, before.states.succeeded], [1, 1]);
  equal(before.memoryBytes > 1e6, true);

  // Nothing of the job is left for the next job host to adopt.
  Deno.kill(folder.pid!, "SIGKILL");
  Deno.kill(sleeper.pid!, "SIGKILL");
  await until(async () => (await jobs.statistics()).states.running === 0);
  const after = await jobs.statistics();
  deepEqual([after.started, after.ended.exited], [2, 1]);
  deepEqual(after.printed, { stdout: 3, stderr: 0 });
  const { reason } = (await jobs.get(sleeper.id)).exit!;
  equal(after.ended[reason], 1);
});
