import { libc } from "./libc.ts";
import { decodeStatus, type WaitStatus } from "./wait_status.ts";

const WNOHANG = 1;
const RUSAGE_BYTES = 144;
const MAXRSS_AT = 32;

/** What a child and those it waited for have used; see getrusage(2). */
export interface ResourceUsage {
  cpuSeconds: number;
  /** Of the largest of them. */
  memoryPeakBytes: number;
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
      memoryPeakBytes: Number(view.getBigInt64(MAXRSS_AT, true)) * 1024,
    },
  };
}
