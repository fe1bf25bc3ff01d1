import { deepEqual, equal } from "node:assert/strict";
import { restoreLife } from "../../lib/jobs/restore_life.ts";

const running = {
  state: "running",
  pid: 7,
  startedAt: "2026-01-01T00:00:00.000Z",
  endedAt: null,
  exit: null,
  stopReason: "stopped",
} as const;

Deno.test("restoreLife() takes a job for pending that has no process on record", () => {
  equal(restoreLife({ ...running, pid: null }).state, "pending");
  equal(restoreLife({ ...running, startedAt: null }).state, "pending");
});

Deno.test("restoreLife() keeps a final state with its evidence", () => {
  const exit = {
    code: 3,
    signal: null,
    reason: "exited",
    detail: null,
  } as const;
  const endedAt = "2026-01-01T00:00:01.000Z";
  const { stopReason: _, ...final } = { ...running, endedAt, exit };
  deepEqual(restoreLife({ ...running, state: "failed", endedAt, exit }), {
    ...final,
    state: "failed",
  });
});

Deno.test("restoreLife() knows why a job was being stopped", () => {
  for (const stopReason of ["stopped", "timeout"] as const) {
    const life = restoreLife({ ...running, state: "stopping", stopReason });
    equal("reason" in life && life.reason, stopReason);
  }
});
