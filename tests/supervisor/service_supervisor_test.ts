import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { ServiceSupervisor } from "../../lib/supervisor/mod.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { Fixture, Puppet, steady, type TestEvents } from "./fixture.ts";

Deno.test("start() begins services in order of registration, also those that come later", async () => {
  await using given = new Fixture();
  given.supervisor.register(steady("a"));
  given.supervisor.register(steady("b"));
  deepStrictEqual(given.states, ["a: registered", "b: registered"]);
  given.supervisor.start();
  given.supervisor.register(steady("c"));
  deepStrictEqual(given.told("started"), ["a", "b", "c"]);
  deepStrictEqual(given.states, ["a: running", "b: running", "c: running"]);
});

Deno.test("services tell each other by the bus, whoever begins first", async () => {
  await using given = new Fixture();
  const heard: unknown[] = [];
  given.start(
    steady("listener", {
      run: async (signal, bus) => {
        heard.push(await bus.waitFor("Door", { signal }));
      },
    }),
    steady("porter", {
      run: (_, bus) => Promise.resolve(bus.broadcast("Door", { open: true })),
    }),
    steady("late", {
      run: async (signal, bus) => {
        heard.push(await bus.waitFor("Door", { signal }));
      },
    }),
  );
  await given.until("all", () => given.told("ended").length === 3);
  deepStrictEqual(heard, [{ open: true }, { open: true }]);
});

Deno.test("wait() gives the first critical service that failed, and nothing is started again", async () => {
  await using given = new Fixture();
  const [first, second] = [
    new Puppet("first", { critical: true }),
    new Puppet("second", { critical: true }),
  ];
  given.start(first, second, steady("other"));
  const error = new Error("the port is taken");
  first.fail(error);
  second.fail();
  deepStrictEqual(await given.supervisor.wait(), {
    reason: "failed",
    service: "first",
    error,
  });
  await given.reach("second", "failed");
  deepStrictEqual(
    given.states,
    ["first: failed", "second: failed", "other: running"],
  );
  strictEqual(given.clock.armed, 0);
  await given.supervisor.shutdown();
  strictEqual((await given.supervisor.wait()).reason, "failed");
});

Deno.test("register() begins nothing any more when a critical service has failed", async () => {
  await using given = new Fixture();
  given.start({
    name: "port",
    critical: true,
    run: () => {
      throw new Error("taken");
    },
  });
  await given.supervisor.wait();
  given.supervisor.register(steady("late"));
  deepStrictEqual(given.states, ["port: failed", "late: registered"]);
  await given.supervisor.shutdown();
  deepStrictEqual(given.states, ["port: failed", "late: stopped"]);
  deepStrictEqual(given.told("started"), ["port"]);
});

Deno.test("wait() resolves with the report when a shutdown is over", async () => {
  await using given = new Fixture();
  given.start(steady("a"));
  const report = await given.supervisor.shutdown();
  deepStrictEqual(await given.supervisor.wait(), {
    reason: "shutdown",
    report,
  });
});

Deno.test("register() refuses a name that is taken", async () => {
  await using given = new Fixture();
  given.supervisor.register(steady("api"));
  throws(() => given.supervisor.register(steady("api")), {
    message:
      'cannot register the service "api": there is one of that name; give it another',
  });
});

Deno.test("register() refuses a cycle, whichever service closes it", async () => {
  await using given = new Fixture();
  throws(
    () => given.supervisor.register(steady("self", { needs: ["self"] })),
    /it would need itself \("self" needs "self"\)/,
  );
  given.supervisor.register(steady("a", { needs: ["b", "d"] }));
  given.supervisor.register(steady("b", { needs: ["c"] }));
  throws(
    () => given.supervisor.register(steady("c", { needs: ["a"] })),
    /"c": it would need itself \("c" needs "a" needs "b" needs "c"\); take one away/,
  );
  given.supervisor.register(steady("c"));
});

Deno.test("start() and a later register() refuse a need that nobody has registered", async () => {
  await using given = new Fixture();
  given.supervisor.register(steady("api", { needs: ["identiy"] }));
  throws(() => given.supervisor.start(), {
    message:
      'cannot register the service "api": it needs "identiy", which is not registered; register that first',
  });
  deepStrictEqual(given.told("started"), []);
  given.supervisor.register(steady("identiy"));
  given.supervisor.start();
  throws(
    () => given.supervisor.register(steady("late", { needs: ["nothing"] })),
    /"late": it needs "nothing"/,
  );
  deepStrictEqual(given.states, ["api: running", "identiy: running"]);
});

Deno.test("start() refuses to start twice, or after a shutdown", async () => {
  await using given = new Fixture();
  given.supervisor.start();
  throws(() => given.supervisor.start(), /started or shut down already/);
  await using other = new Fixture();
  await other.supervisor.shutdown();
  throws(() => other.supervisor.start(), /started or shut down already/);
});

Deno.test("services go on when onEvent throws", async () => {
  let calls = 0;
  await using supervisor = new ServiceSupervisor<TestEvents>({
    onEvent: () => {
      calls++;
      throw new Error("the log is full");
    },
  });
  supervisor.register(steady("a"));
  supervisor.register({ name: "b", run: () => Promise.resolve() });
  supervisor.start();
  const report = await supervisor.shutdown();
  ok(report.graceful);
  ok(calls >= 5, `${calls} calls`);
});

Deno.test("onEvent may ask for a shutdown at any event", async () => {
  for (
    const at of [
      "started",
      "ended",
      "failed",
      "restarting",
      "stopping",
    ] as const
  ) {
    await using supervisor: ServiceSupervisor<TestEvents> =
      new ServiceSupervisor<TestEvents>({
        // No time passes, so nothing waits for the end of a pause.
        clock: new FakeClock(),
        onEvent: ({ type }) => {
          if (type === at) void supervisor.shutdown();
        },
      });
    supervisor.register(steady("a"));
    supervisor.register({ name: "brief", run: () => Promise.resolve() });
    supervisor.register({
      name: "broken",
      run: () => Promise.reject(new Error("broken")),
    });
    supervisor.start();
    if (at === "stopping") void supervisor.shutdown();
    const end = await supervisor.wait();
    ok(end.reason === "shutdown" && end.report.graceful, at);
  }
});

Deno.test("a failed mapping of the bus is told to onEvent", async () => {
  await using given = new Fixture();
  given.supervisor.bus.map({
    in: ["Door"],
    out: "Ready",
    payload: () => {
      throw new Error("nobody knows");
    },
  });
  given.supervisor.bus.broadcast("Door", { open: true });
  deepStrictEqual(
    given.events.map((event) =>
      event.type === "mapping_failed" && [event.event, String(event.error)]
    ),
    [["Ready", "Error: nobody knows"]],
  );
});

Deno.test("disposing waits for a shutdown that is under way and does not hasten it", async () => {
  const given = new Fixture();
  const puppet = new Puppet("puppet");
  given.start(puppet);
  const shutdown = given.supervisor.shutdown({ deadlineMs: 60_000 });
  const disposed = given.supervisor[Symbol.asyncDispose]();
  await given.reach("puppet", "stopping");
  given.clock.pass(30_000);
  puppet.end();
  await disposed;
  strictEqual((await shutdown).tookMs, 30_000);
});
