import { libc } from "./libc.ts";
import { decodeStatus, type WaitStatus } from "./wait_status.ts";

const WNOHANG = 1;
const RUSAGE_BYTES = 144;
const MAXRSS_AT = 32;

/** What a child and those it waited for have used; see getrusage(2). */
export interface ResourceUsage {
  cpuSeconds: number;
  /** Of the largest of them; null when none was larger than this process, see {@linkcode peakOf}. */
  memoryPeakBytes: number | null;
}

/** Reaps a child that has ended (wait4(2)); null when it still runs, or is none of ours. */
export function reap(
  pid: number,
): WaitStatus & { usage: ResourceUsage } | null {
  const status = new Int32Array(1);
  const usage = new Uint8Array(RUSAGE_BYTES);
  const reaped = libc.wait4(
    pid,
    new Uint8Array(status.buffer),
    WNOHANG,
    usage,
  );
  if (reaped !== pid) return null;
  const view = new DataView(usage.buffer);
  const seconds = (at: number) =>
    Number(view.getBigInt64(at, true)) +
    Number(view.getBigInt64(at + 8, true)) / 1e6;
  return {
    ...decodeStatus(status[0]!),
    usage: {
      cpuSeconds: seconds(0) + seconds(16),
      memoryPeakBytes: peakOf(view.getBigInt64(MAXRSS_AT, true)),
    },
  };
}

/**
 * Until a child executes its program it shares the memory of this process, and the kernel counts the
 * peak of that as the child's. What is not above ours says nothing of the child.
 */
function peakOf(maxRssKiB: bigint): number | null {
  const bytes = Number(maxRssKiB) * 1024;
  const status = Deno.readTextFileSync("/proc/self/status");
  const own = Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024;
  return bytes > own ? bytes : null;
}
