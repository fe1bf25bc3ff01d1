import { signalName } from "../api/signals.ts";
import type { ResourceUsage } from "../linux/reap.ts";
import type { WaitStatus } from "../linux/wait_status.ts";

/** How a process ended, as wait(2) tells it: one of the two is null; both are when nobody saw it. */
export interface ProcessEnd {
  code: number | null;
  signal: string | null;
}

/** The end of a job's main process. */
export interface MainEnd extends ProcessEnd {
  /** Of it and what it waited for; null when somebody else reaped it. */
  usage: ResourceUsage | null;
}

/** The end that a status tells. */
export function processEnd({ code, signal }: WaitStatus): ProcessEnd {
  return { code, signal: signal === null ? null : signalName(signal) };
}
