import type { SignalName } from "../api/signals.ts";

/**
 * kill(2): to one process, or with a negative pid to a process group. 0 asks only whether there is
 * such a process.
 *
 * @returns false when there is none, or it belongs to somebody else.
 */
export function kill(pid: number, signal: SignalName | 0): boolean {
  try {
    // The types leave out 0.
    Deno.kill(pid, signal as Deno.Signal);
    return true;
  } catch {
    return false;
  }
}
