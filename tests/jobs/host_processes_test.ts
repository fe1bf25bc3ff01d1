import { equal, notEqual } from "node:assert/strict";
import { HostProcesses } from "../../lib/jobs/host_processes.ts";

Deno.test("HostProcesses.look() looks once in a turn of the event loop, and anew in the next", async () => {
  const first = HostProcesses.look();
  const child = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  equal(HostProcesses.look(), first);
  await null;
  const next = HostProcesses.look();
  notEqual(next, first);
  equal(first.all.has(child.pid), false);
  equal(next.all.has(child.pid), true);
  child.kill("SIGKILL");
  await child.status;
  equal(HostProcesses.look().all.has(child.pid), false);
});

Deno.test("HostProcesses.hasEnvironment() compares whole values", async () => {
  const child = new Deno.Command("cat", {
    env: { WORKER_TEST_ID: "abc" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  // What it answers it does behind its exec, in the middle of which a process has no environment.
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(1));
  const reader = child.stdout.getReader();
  await reader.read();
  const host = HostProcesses.look();
  const has = (value: string) =>
    host.hasEnvironment(child.pid, "WORKER_TEST_ID", value);
  equal(has("abc"), true);
  equal(has("ab"), false);
  equal(host.hasEnvironment(2 ** 30, "WORKER_TEST_ID", "abc"), false);
  await writer.close();
  await reader.cancel();
  await child.status;
});
