import { deepEqual, equal, throws } from "node:assert/strict";
import {
  advance,
  IllegalTransitionError,
  isFinal,
  isInitial,
  isRunning,
  type LifeCycle,
  type LifeEvent,
} from "../../lib/jobs/life_cycle.ts";

const at = "2026-01-01T00:00:00.000Z";
const started: LifeEvent = { type: "started", pid: 7, at };
const ended = (
  code: number | null,
  signal: string | null = null,
): LifeEvent => ({
  type: "ended",
  code,
  signal,
  outOfMemory: false,
  at,
});

function live(...events: LifeEvent[]): LifeCycle {
  return events.reduce(advance, { state: "pending" } as LifeCycle);
}

Deno.test("advance() tells success, failure and signal apart", () => {
  equal(live(started, ended(0)).state, "succeeded");
  equal(live(started, ended(3)).state, "failed");
  const killed = live(started, ended(null, "SIGSEGV"));
  equal(killed.state, "failed");
  deepEqual("exit" in killed && killed.exit.reason, "signaled");
});

Deno.test("advance() calls a stopped job stopped and keeps its code", () => {
  const stopped = live(started, { type: "stop", reason: "stopped" }, ended(0));
  equal(stopped.state, "stopped");
  deepEqual("exit" in stopped && stopped.exit, {
    code: 0,
    signal: null,
    reason: "stopped",
    detail: null,
  });
});

Deno.test("advance() fails a job that ran out of time", () => {
  const late = live(
    started,
    { type: "stop", reason: "timeout" },
    ended(null, "SIGTERM"),
  );
  deepEqual([late.state, "exit" in late && late.exit.reason], [
    "failed",
    "timeout",
  ]);
});

Deno.test("advance() takes a second stop and keeps the first reason", () => {
  const twice = live(
    started,
    { type: "stop", reason: "timeout" },
    { type: "stop", reason: "stopped" },
  );
  equal("reason" in twice && twice.reason, "timeout");
});

Deno.test("advance() makes any live state lost, never a final one", () => {
  const lost: LifeEvent = { type: "lost", reason: "lost", detail: "why", at };
  equal(live(lost).state, "lost");
  equal(live(started, lost).state, "lost");
  throws(() => live(started, ended(0), lost), IllegalTransitionError);
});

Deno.test("advance() throws on what can't happen", () => {
  throws(() => live(started, started), IllegalTransitionError);
  throws(() => live(ended(0)), IllegalTransitionError);
  throws(
    () => live({ type: "stop", reason: "stopped" }),
    IllegalTransitionError,
  );
  throws(() => live(started, ended(0), ended(0)), IllegalTransitionError);
});

Deno.test("isInitial(), isRunning() and isFinal() cover every state once", () => {
  const states = [
    "pending",
    "running",
    "stopping",
    "succeeded",
    "failed",
    "stopped",
    "lost",
  ] as const;
  deepEqual(
    states.map((state) =>
      [isInitial(state), isRunning(state), isFinal(state)].indexOf(true)
    ),
    [0, 1, 1, 2, 2, 2, 2],
  );
});
