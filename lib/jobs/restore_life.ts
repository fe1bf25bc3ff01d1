import type { Job } from "../api/job.ts";
import { isFinal, type LifeCycle } from "./life_cycle.ts";

/** The life cycle of a stored job; one that is incomplete is `pending`. */
export function restoreLife(
  job:
    & Pick<
      Job,
      "state" | "pid" | "startedAt" | "endedAt" | "exit"
    >
    & { stopReason: "stopped" | "timeout" },
): LifeCycle {
  const { state, pid, startedAt, endedAt, exit } = job;
  if (exit !== null && endedAt !== null && isFinalState(state)) {
    return { state, pid, startedAt, endedAt, exit };
  }
  if (pid === null || startedAt === null) return { state: "pending" };
  if (state !== "stopping") return { state: "running", pid, startedAt };
  return {
    state: "stopping",
    pid,
    startedAt,
    reason: job.stopReason,
  };
}

function isFinalState(
  state: Job["state"],
): state is "succeeded" | "failed" | "stopped" | "lost" {
  return isFinal(state);
}
