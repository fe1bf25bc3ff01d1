import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { Fixture, Puppet } from "./fixture.ts";

Deno.test("onExit() handlers run once, in reverse order, when the services have ended", async () => {
  await using given = new Fixture();
  const ran: string[] = [];
  const puppet = new Puppet("puppet");
  given.supervisor.onExit("first", () => void ran.push("first"));
  given.start(puppet);
  given.supervisor.onExit("second", async () => {
    await Promise.resolve();
    ran.push("second");
  });
  const shutdown = given.supervisor.shutdown();
  await given.reach("puppet", "stopping");
  strictEqual(ran.length, 0);
  given.supervisor.onExit("third", () => {
    ran.push("third");
    given.supervisor.onExit("nested", () => void ran.push("nested"));
  });
  puppet.end();
  await shutdown;
  await given.supervisor.shutdown();
  deepStrictEqual(ran, ["third", "nested", "second", "first"]);
  throws(
    () => given.supervisor.onExit("late", () => {}),
    /cannot register the exit handler "late": the exit handlers have run/,
  );
});

Deno.test("onExit() handlers run when services were given up", async () => {
  await using given = new Fixture();
  let exiting = false;
  given.supervisor.onExit(
    "tidy",
    () => exiting = given.supervisor.exiting.aborted,
  );
  given.start(new Puppet("hanging"));
  const shutdown = given.supervisor.shutdown({ deadlineMs: 100 });
  given.clock.pass(100);
  await shutdown;
  strictEqual(exiting, true);
});

Deno.test("an exit handler that throws or hangs is named and does not hold up the next", async () => {
  await using given = new Fixture();
  const ran: string[] = [];
  const error = new Error("no such file");
  let hanging: AbortSignal | undefined;
  given.supervisor.onExit("last", () => void ran.push("last"));
  given.supervisor.onExit("sync", () => {
    throw error;
  });
  given.supervisor.onExit("async", () => Promise.reject(error));
  given.supervisor.onExit("short", () => new Promise(() => {}), {
    deadlineMs: 300,
  });
  const late = Promise.withResolvers<void>();
  given.supervisor.onExit("hanging", (signal) => {
    hanging = signal;
    return late.promise;
  });
  const shutdown = given.supervisor.shutdown();
  await given.until("the handler", () => hanging !== undefined);
  given.clock.pass(4_999);
  strictEqual(hanging?.aborted, false);
  given.clock.pass(1);
  strictEqual(hanging?.aborted, true);
  strictEqual(hanging?.reason.name, "TimeoutError");
  // Too late to matter, and not an unhandled rejection.
  late.reject(error);
  await given.until("the next handler", () => given.clock.armed === 1);
  given.clock.pass(300);
  const { failedExitHandlers, graceful } = await shutdown;
  deepStrictEqual(ran, ["last"]);
  deepStrictEqual(failedExitHandlers, [
    { handler: "hanging", type: "hung", deadlineMs: 5_000 },
    { handler: "short", type: "hung", deadlineMs: 300 },
    { handler: "async", type: "threw", error },
    { handler: "sync", type: "threw", error },
  ]);
  strictEqual(graceful, true);
  deepStrictEqual(
    given.events.flatMap((event) =>
      "handler" in event ? [[event.type, event.handler]] : []
    ),
    [
      ["exit_handler_hung", "hanging"],
      ["exit_handler_hung", "short"],
      ["exit_handler_failed", "async"],
      ["exit_handler_failed", "sync"],
    ],
  );
  strictEqual(given.clock.armed, 0);
});
