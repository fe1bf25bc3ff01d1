import type { ShutdownReport } from "./shutdown_report.ts";

/** Why the process is to end. */
export type ProcessEnd =
  /** A critical service failed. */
  | { reason: "failed"; service: string; error: unknown }
  /** A service returned `END_PROCESS`. */
  | { reason: "ended"; service: string }
  /** `shutdown` was called, and is over. */
  | { reason: "shutdown"; report: ShutdownReport };
