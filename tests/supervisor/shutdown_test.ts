import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { Fixture, Puppet, steady } from "./fixture.ts";

Deno.test("shutdown() stops a service when all that need it have ended, others side by side", async () => {
  await using given = new Fixture();
  const [base, left, right, alone] = [
    new Puppet("base"),
    new Puppet("left", { needs: ["base"] }),
    new Puppet("right", { needs: ["base"] }),
    new Puppet("alone"),
  ];
  given.start(base, left, right, alone);
  const shutdown = given.supervisor.shutdown();
  await given.until("three", () => given.told("stopping").length === 3);
  deepStrictEqual(given.told("stopping").sort(), ["alone", "left", "right"]);
  strictEqual(given.supervisor.exiting.aborted, false);
  left.end();
  await given.reach("left", "stopped");
  strictEqual(base.signals[0]?.aborted, false);
  right.end();
  await given.reach("base", "stopping");
  base.end();
  alone.end();
  const report = await shutdown;
  deepStrictEqual(report, {
    graceful: true,
    tookMs: 0,
    hung: [],
    failedExitHandlers: [],
  });
  strictEqual(given.supervisor.exiting.aborted, true);
  strictEqual(await given.supervisor.shutdown({ graceful: false }), report);
  strictEqual(given.clock.armed, 0);
});

Deno.test("shutdown() gives up at its deadline and names who hung, and behind whom", async () => {
  await using given = new Fixture();
  const hanging = new Puppet("hanging", { needs: ["base"] });
  const base = new Puppet("base", { needs: ["ground"] });
  given.start(new Puppet("ground"), base, hanging, steady("good"));
  const shutdown = given.supervisor.shutdown({ deadlineMs: 2_000 });
  await given.reach("good", "stopped");
  given.clock.pass(1_999);
  strictEqual(given.supervisor.exiting.aborted, false);
  deepStrictEqual(base.signals[0]?.aborted, false);
  given.clock.pass(1);
  const report = await shutdown;
  deepStrictEqual(report, {
    graceful: false,
    tookMs: 2_000,
    hung: [
      { service: "ground", behind: ["base"] },
      { service: "base", behind: ["hanging"] },
      { service: "hanging", behind: [] },
    ],
    failedExitHandlers: [],
  });
  deepStrictEqual(given.told("hung"), ["ground", "base", "hanging"]);
  strictEqual(given.supervisor.exiting.aborted, true);
  strictEqual(base.signals[0]?.aborted, true);
  // One that ends after all is no longer anybody's concern, and no unhandled rejection.
  hanging.fail();
  base.end();
  await given.reach("hanging", "stopped");
});

Deno.test("shutdown() interrupts all services at once when it is not graceful", async () => {
  await using given = new Fixture();
  const [base, user] = [
    new Puppet("base"),
    new Puppet("user", { needs: ["base"] }),
  ];
  given.start(base, user);
  const shutdown = given.supervisor.shutdown({ graceful: false });
  strictEqual(given.supervisor.exiting.aborted, true);
  deepStrictEqual(
    [base, user].map(({ signals }) => signals[0]?.aborted),
    [true, true],
  );
  base.end();
  user.end();
  const { graceful, hung } = await shutdown;
  deepStrictEqual({ graceful, hung }, { graceful: false, hung: [] });
});

Deno.test("shutdown() again is the same one, which an earlier deadline brings forward", async () => {
  await using given = new Fixture();
  given.start(new Puppet("hanging"));
  const first = given.supervisor.shutdown({ deadlineMs: 60_000 });
  given.clock.pass(1_000);
  const longer = given.supervisor.shutdown({ deadlineMs: 90_000 });
  const plain = given.supervisor.shutdown();
  const shorter = given.supervisor.shutdown({ deadlineMs: 3_000 });
  const later = given.supervisor.shutdown({ deadlineMs: 30_000 });
  given.clock.pass(2_999);
  strictEqual(given.supervisor.exiting.aborted, false);
  given.clock.pass(1);
  const report = await first;
  strictEqual(report.tookMs, 4_000);
  for (const other of [longer, plain, shorter, later]) {
    strictEqual(await other, report);
  }
  strictEqual(await given.supervisor.shutdown({ graceful: false }), report);
  deepStrictEqual(given.told("hung"), ["hanging"]);
  strictEqual(given.clock.armed, 0);
});

Deno.test("shutdown() again without grace interrupts the first", async () => {
  await using given = new Fixture();
  const user = new Puppet("user", { needs: ["base"] });
  given.start(new Puppet("base"), user);
  const first = given.supervisor.shutdown({ deadlineMs: 60_000 });
  await given.reach("user", "stopping");
  deepStrictEqual(given.states, ["base: running", "user: stopping"]);
  void given.supervisor.shutdown({ graceful: false });
  deepStrictEqual(given.states, ["base: stopping", "user: stopping"]);
  strictEqual(given.supervisor.exiting.aborted, true);
  given.clock.pass(1_000);
  deepStrictEqual((await first).hung, [
    { service: "base", behind: [] },
    { service: "user", behind: [] },
  ]);
});

Deno.test("register() is refused once a shutdown has begun", async () => {
  await using given = new Fixture();
  const puppet = new Puppet("puppet");
  given.start(puppet);
  const shutdown = given.supervisor.shutdown();
  throws(() => given.supervisor.register(steady("late")), {
    message: 'cannot register the service "late": the process is shutting down',
  });
  await given.reach("puppet", "stopping");
  puppet.end();
  await shutdown;
  throws(() => given.supervisor.register(steady("late")), /shutting down/);
});

Deno.test("shutdown() works before a start", async () => {
  await using given = new Fixture();
  given.supervisor.register(steady("never"));
  let ran = false;
  given.supervisor.onExit("tidy", () => ran = true);
  const { graceful } = await given.supervisor.shutdown();
  deepStrictEqual([graceful, ran], [true, true]);
  deepStrictEqual(given.states, ["never: stopped"]);
});

Deno.test("shutdown() does not wait longer than it has to when services are done or failed", async () => {
  await using given = new Fixture();
  const failed = new Puppet("failed", { critical: true, needs: ["done"] });
  const done = new Puppet("done");
  given.start(failed, done);
  failed.fail();
  done.end();
  await given.supervisor.wait();
  await given.reach("done", "done");
  const { graceful } = await given.supervisor.shutdown();
  strictEqual(graceful, true);
  deepStrictEqual(given.states, ["failed: failed", "done: done"]);
});
