import { equal } from "node:assert/strict";
import { join } from "node:path";
import { HostStarter } from "../../lib/jobhost/host_starter.ts";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";

/** A starter whose job hosts and clock are the test's. */
async function starter() {
  const stateDir = await Deno.makeTempDir();
  await Deno.mkdir(join(stateDir, "run"));
  const set = { now: 0, launched: 0 };
  let end: (code: number) => void = () => {};
  const starter = new HostStarter({
    stateDir,
    now: () => set.now,
    launch: () => {
      set.launched++;
      return new Promise((resolve) => end = resolve);
    },
  });
  return {
    lookAt(now: number): number {
      set.now = now;
      starter.look();
      return set.launched;
    },
    async end(code: number, now: number) {
      set.now = now;
      end(code);
      await new Promise((resolve) => setTimeout(resolve));
    },
    succeeded: () => starter.succeeded(),
    takeLock: () => PidLock.take(join(stateDir, "run/jobhost.pid"))!,
    [Symbol.asyncDispose]: () => Deno.remove(stateDir, { recursive: true }),
  };
}

Deno.test("HostStarter starts one at a time", async () => {
  await using hosts = await starter();
  equal(hosts.lookAt(0), 1);
  equal(hosts.lookAt(60_000), 1);
});

Deno.test("HostStarter waits longer after each that ends at once", async () => {
  await using hosts = await starter();
  let now = 0;
  for (const pause of [100, 200, 400, 800, 1600, 3200, 5000, 5000]) {
    const before = hosts.lookAt(now);
    await hosts.end(1, now);
    equal(hosts.lookAt(now + pause - 1), before, `${pause}`);
    now += pause;
  }
});

Deno.test("HostStarter starts the next at once after one that has lived for a while", async () => {
  await using hosts = await starter();
  equal(hosts.lookAt(0), 1);
  {
    using _lock = hosts.takeLock();
    equal(hosts.lookAt(20_000), 1);
  }
  await hosts.end(137, 20_000);
  equal(hosts.lookAt(20_000), 2);
});

Deno.test("HostStarter forgets earlier failures once one has answered", async () => {
  await using hosts = await starter();
  for (const now of [0, 100, 300, 700, 1500]) {
    hosts.lookAt(now);
    await hosts.end(1, now);
  }
  const before = hosts.lookAt(3100);
  hosts.succeeded();
  await hosts.end(137, 3200);
  equal(hosts.lookAt(3299), before);
  equal(hosts.lookAt(3300), before + 1);
});

Deno.test("HostStarter starts another beside one that has given its lock away", async () => {
  await using hosts = await starter();
  equal(hosts.lookAt(0), 1);
  {
    using _lock = hosts.takeLock();
    equal(hosts.lookAt(1), 1);
  }
  equal(hosts.lookAt(2), 2);
});
