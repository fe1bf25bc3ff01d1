import type { ExitReason, JobExit, JobState } from "../api/job.ts";

/**
 * Where a job is in its life. Each state carries what is true in it and nothing else:
 *
 * ```text
 * pending ──▶ running ──▶ stopping ──▶ stopped | failed (timeout)
 *    │           └──────────────────▶ succeeded | failed | lost
 *    └──▶ stopped | failed (start_failed)      any live state ──▶ lost
 * ```
 */
export type LifeCycle =
  | { state: "pending" }
  | { state: "running"; pid: number; startedAt: string }
  | {
    state: "stopping";
    pid: number;
    startedAt: string;
    reason: "stopped" | "timeout";
  }
  | {
    state: "succeeded" | "failed" | "stopped" | "lost";
    pid: number | null;
    startedAt: string | null;
    endedAt: string;
    exit: JobExit;
  };

/** What can happen to a job. */
export type LifeEvent =
  | { type: "started"; pid: number; at: string }
  | { type: "cancelled"; at: string }
  | { type: "start_failed"; detail: string; at: string }
  | { type: "stop"; reason: "stopped" | "timeout" }
  | {
    type: "ended";
    /** Null when a signal ended it; both are when nobody saw how it ended. */
    code: number | null;
    signal: string | null;
    /** The kernel killed a process of the job because the job's memory was used up. */
    outOfMemory: boolean;
    /** What else people should know. */
    detail?: string;
    at: string;
  }
  | { type: "lost"; reason: ExitReason; detail: string; at: string };

/** Thrown on a transition that the life cycle does not have: a bug, never a user's mistake. */
export class IllegalTransitionError extends Error {
  override readonly name = "IllegalTransitionError";

  constructor(from: JobState, event: LifeEvent["type"]) {
    super(`a job that is "${from}" cannot take the event "${event}"`);
  }
}

/** The state after `event`. @throws {IllegalTransitionError} */
export function advance(from: LifeCycle, event: LifeEvent): LifeCycle {
  switch (event.type) {
    case "started":
      if (from.state !== "pending") break;
      return { state: "running", pid: event.pid, startedAt: event.at };
    case "cancelled":
      if (from.state !== "pending") break;
      return neverStarted("stopped", { reason: "stopped", ...event });
    case "start_failed":
      if (from.state !== "pending") break;
      return neverStarted("failed", { reason: "start_failed", ...event });
    case "stop":
      if (from.state === "stopping") return from;
      if (from.state !== "running") break;
      return { ...from, state: "stopping", reason: event.reason };
    case "ended": {
      if (from.state !== "running" && from.state !== "stopping") break;
      const { pid, startedAt } = from;
      return { ...judge(from, event), pid, startedAt, endedAt: event.at };
    }
    case "lost": {
      if (isFinal(from.state)) break;
      const { pid = null, startedAt = null } = from as Partial<
        LifeCycle & { state: "running" }
      >;
      const exit = {
        code: null,
        signal: null,
        reason: event.reason,
        detail: event.detail,
      };
      return { state: "lost", pid, startedAt, endedAt: event.at, exit };
    }
  }
  throw new IllegalTransitionError(from.state, event.type);
}

/** The end of a job that never had a process. */
function neverStarted(
  state: "stopped" | "failed",
  { reason, detail = null, at }: {
    reason: ExitReason;
    detail?: string | null;
    at: string;
  },
): LifeCycle {
  const exit = { code: null, signal: null, reason, detail };
  return { state, pid: null, startedAt: null, endedAt: at, exit };
}

/**
 * Unknown is never success, and what was told to stop did not fail on its own. A job that exits with
 * 0 has coped with the loss of a process: that is said, and is no failure.
 */
function judge(
  from: { state: "running" } | {
    state: "stopping";
    reason: "stopped" | "timeout";
  },
  { code, signal, outOfMemory, detail: more }: LifeEvent & { type: "ended" },
): { state: "succeeded" | "failed" | "stopped" | "lost"; exit: JobExit } {
  const unseen = code === null && signal === null;
  const detail = outOfMemory
    ? "the kernel killed a process of the job, which had used up its memory"
    : unseen
    ? "it ended while no server saw it: its exit code is not known"
    : more ?? null;
  const exit = (reason: ExitReason) => ({ code, signal, reason, detail });
  if (from.state === "stopping") {
    const state = from.reason === "timeout" ? "failed" : "stopped";
    return { state, exit: exit(from.reason) };
  }
  if (code === 0) return { state: "succeeded", exit: exit("exited") };
  if (outOfMemory) return { state: "failed", exit: exit("out_of_memory") };
  if (unseen) return { state: "lost", exit: exit("lost") };
  return {
    state: "failed",
    exit: exit(signal === null ? "exited" : "signaled"),
  };
}

/** True before the process exists. */
export function isInitial(state: JobState): boolean {
  return state === "pending";
}

/** True while there is, or may be, a process. */
export function isRunning(state: JobState): boolean {
  return state === "running" || state === "stopping";
}

/** True when nothing about the job will change any more. */
export function isFinal(state: JobState): boolean {
  return !isInitial(state) && !isRunning(state);
}
