import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { DO_NOT_RESTART, END_PROCESS } from "../../lib/supervisor/mod.ts";
import { Fixture, Puppet, steady } from "./fixture.ts";

Deno.test("a service is done when it returns, with or without DO_NOT_RESTART", async () => {
  await using given = new Fixture();
  given.start(
    { name: "brief", run: () => Promise.resolve() },
    { name: "told", run: () => Promise.resolve(DO_NOT_RESTART) },
    {
      name: "endless",
      endless: true,
      run: () => Promise.resolve(DO_NOT_RESTART),
    },
  );
  await given.until("all to end", () => given.told("ended").length === 3);
  deepStrictEqual(given.states, ["brief: done", "told: done", "endless: done"]);
  strictEqual(given.clock.armed, 0);
});

Deno.test("a service that is not critical runs again after a pause that grows", async () => {
  await using given = new Fixture();
  const puppet = new Puppet("puppet");
  given.start(puppet);
  for (const [times, pause] of [375, 750, 1_500].entries()) {
    puppet.fail(new Error(`failure ${times + 1}`));
    await given.reach("puppet", "restarting");
    given.clock.pass(pause - 1);
    strictEqual(puppet.signals.length, times + 1);
    given.clock.pass(1);
    await given.reach("puppet", "running");
    strictEqual(puppet.signals.length, times + 2);
  }
  const [status] = given.supervisor.services();
  deepStrictEqual(status, {
    name: "puppet",
    critical: false,
    state: "running",
    since: "2026-01-01T00:00:02.625Z",
    restarts: 3,
    error: "failure 3",
  });
  deepStrictEqual(
    given.events.flatMap((event) =>
      event.type === "restarting" ? [event.delayMs] : []
    ),
    [375, 750, 1_500],
  );
  puppet.end();
});

Deno.test("a service that ran quietly for long enough begins again with the shortest pause", async () => {
  await using given = new Fixture();
  const puppet = new Puppet("puppet", { restart: { jitter: "none" } });
  given.start(puppet);
  for (const [ranMs, pause] of [[0, 500], [0, 1_000], [60_000, 500]] as const) {
    given.clock.pass(ranMs);
    puppet.fail();
    await given.reach("puppet", "restarting");
    given.clock.pass(pause);
    await given.reach("puppet", "running");
  }
  puppet.end();
});

Deno.test("a service that fails too often in the window is failed for good", async () => {
  await using given = new Fixture();
  let runs = 0;
  given.start(
    {
      name: "broken",
      restart: { limit: 2, windowMs: 60_000 },
      run: () => Promise.reject(new Error(`failure ${++runs}`)),
    },
    steady("other"),
  );
  for (const run of [1, 2]) {
    await given.until(`failure ${run}`, () => given.clock.armed === 1);
    given.clock.pass(10_000);
  }
  await given.reach("broken", "failed");
  strictEqual(runs, 3);
  strictEqual(given.clock.armed, 0);
  const [broken] = given.supervisor.services();
  deepStrictEqual(
    { restarts: broken?.restarts, error: broken?.error },
    { restarts: 2, error: "failure 3" },
  );
  deepStrictEqual(given.told("gave_up"), ["broken"]);
  deepStrictEqual(given.states, ["broken: failed", "other: running"]);
});

Deno.test("a service that throws before it gives a promise has failed like another", async () => {
  await using given = new Fixture();
  given.start({
    name: "rash",
    run: () => {
      throw new Error("at once");
    },
  });
  await given.reach("rash", "restarting");
  strictEqual(given.supervisor.services()[0]?.error, "at once");
});

Deno.test("an endless service that returns has failed", async () => {
  await using given = new Fixture();
  given.start({ name: "short", endless: true, run: () => Promise.resolve() });
  await given.reach("short", "restarting");
  strictEqual(
    given.supervisor.services()[0]?.error,
    'the service "short" ended by itself',
  );
});

Deno.test("an AbortError is a failure when nobody asked the service to stop", async () => {
  await using given = new Fixture();
  given.start({
    name: "odd",
    run: () => Promise.reject(new DOMException("timed out", "AbortError")),
  });
  await given.reach("odd", "restarting");
  deepStrictEqual(given.told("failed"), ["odd"]);
});

Deno.test("a service that throws because of its signal has stopped cleanly", async () => {
  await using given = new Fixture();
  const throwing = (name: string, errorOf: (signal: AbortSignal) => unknown) =>
    steady(name, {
      run: (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(errorOf(signal)))
        ),
    });
  given.start(
    throwing("reason", (signal) => signal.reason),
    throwing("abort", () => new DOMException("aborted", "AbortError")),
    throwing("cause", (signal) => new Error("x", { cause: signal.reason })),
    throwing("broken", () => new Error("cannot let go")),
    steady("endless", { endless: true }),
  );
  const report = await given.supervisor.shutdown();
  ok(report.graceful);
  deepStrictEqual(
    given.events.flatMap((event) =>
      event.type === "stopped" ? [[event.service, String(event.error)]] : []
    ).sort(),
    [
      ["abort", "undefined"],
      ["broken", "Error: cannot let go"],
      ["cause", "undefined"],
      ["endless", "undefined"],
      ["reason", "undefined"],
    ],
  );
  deepStrictEqual(given.told("failed"), []);
  deepStrictEqual(
    given.supervisor.services().map(({ state, error }) => [state, error]),
    [
      ["stopped", null],
      ["stopped", null],
      ["stopped", null],
      ["stopped", "cannot let go"],
      ["stopped", null],
    ],
  );
});

Deno.test("each run of a service has a signal of its own", async () => {
  await using given = new Fixture();
  const puppet = new Puppet("puppet");
  given.start(puppet);
  puppet.fail();
  await given.reach("puppet", "restarting");
  given.clock.pass(375);
  await given.reach("puppet", "running");
  const stopped = given.supervisor.shutdown();
  await given.reach("puppet", "stopping");
  deepStrictEqual(puppet.signals.map(({ aborted }) => aborted), [false, true]);
  puppet.end();
  await stopped;
});

Deno.test("a service in its pause stops at once", async () => {
  await using given = new Fixture();
  const puppet = new Puppet("puppet");
  given.start(puppet);
  puppet.fail();
  await given.reach("puppet", "restarting");
  const report = await given.supervisor.shutdown();
  deepStrictEqual(report.hung, []);
  deepStrictEqual(given.states, ["puppet: stopped"]);
  strictEqual(given.clock.armed, 0);
});

Deno.test("END_PROCESS of any service ends the process, which goes on until it is shut down", async () => {
  await using given = new Fixture();
  given.start(
    { name: "last", run: () => Promise.resolve(END_PROCESS) },
    steady("other"),
  );
  deepStrictEqual(await given.supervisor.wait(), {
    reason: "ended",
    service: "last",
  });
  deepStrictEqual(given.states, ["last: done", "other: running"]);
});
