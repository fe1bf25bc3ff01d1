import { deepEqual, equal, match, throws } from "node:assert/strict";
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

Deno.test("advance() ends a job that never started, and then it is final", () => {
  const cancelled: LifeEvent = { type: "cancelled", at };
  const failed: LifeEvent = { type: "start_failed", detail: "why", at };
  const nothing = { pid: null, startedAt: null, endedAt: at };
  const unknown = { code: null, signal: null };
  deepEqual(live(cancelled), {
    state: "stopped",
    ...nothing,
    exit: { ...unknown, reason: "stopped", detail: null },
  });
  deepEqual(live(failed), {
    state: "failed",
    ...nothing,
    exit: { ...unknown, reason: "start_failed", detail: "why" },
  });
  for (const event of [cancelled, failed]) {
    throws(() => live(event, started), IllegalTransitionError);
    throws(() => live(started, event), IllegalTransitionError);
  }
});

Deno.test("advance() tells a job that ran out of memory from one that was killed", () => {
  const oom: LifeEvent = {
    type: "ended",
    code: null,
    signal: "SIGKILL",
    outOfMemory: true,
    at,
  };
  const of = (...events: LifeEvent[]) => {
    const life = live(started, ...events);
    return [life.state, "exit" in life && life.exit.reason];
  };
  deepEqual(of(oom), ["failed", "out_of_memory"]);
  deepEqual(of({ ...oom, code: 137, signal: null }), [
    "failed",
    "out_of_memory",
  ]);
  deepEqual(of(ended(null, "SIGKILL")), ["failed", "signaled"]);
  deepEqual(of({ type: "stop", reason: "stopped" }, oom), [
    "stopped",
    "stopped",
  ]);
});

Deno.test("advance() lets a job succeed that copes with the loss of a process, and says so", () => {
  const coped = live(started, {
    type: "ended",
    code: 0,
    signal: null,
    outOfMemory: true,
    at,
  });
  equal(coped.state, "succeeded");
  match("exit" in coped ? coped.exit.detail ?? "" : "", /memory/);
});

Deno.test("advance() never takes an end that nobody saw for a success", () => {
  const unseen = live(started, ended(null));
  deepEqual([unseen.state, "exit" in unseen && unseen.exit.reason], [
    "lost",
    "lost",
  ]);
  const stop: LifeEvent = { type: "stop", reason: "stopped" };
  equal(live(started, stop, ended(null)).state, "stopped");
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
