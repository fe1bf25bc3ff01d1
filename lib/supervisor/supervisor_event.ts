import type { HungService, ShutdownReport } from "./shutdown_report.ts";

/** What happens to the services of a supervisor, for its log. */
export type SupervisorEvent =
  /** It runs, for the first time or again. */
  | { type: "started"; service: string; restarts: number }
  /** It ended by itself and is done; `endsProcess` when it asked for the process to end. */
  | { type: "ended"; service: string; endsProcess: boolean }
  | { type: "failed"; service: string; critical: boolean; error: unknown }
  /** It failed and runs again after a pause. */
  | { type: "restarting"; service: string; delayMs: number }
  /** It failed too often and is not started again. */
  | { type: "gave_up"; service: string; limit: number; windowMs: number }
  /** It was asked to stop. */
  | { type: "stopping"; service: string }
  /** It ended after it was asked to; `error` is what it threw then, if it did. */
  | { type: "stopped"; service: string; error: unknown }
  /** It has not ended by the deadline of the shutdown. */
  | ({ type: "hung" } & HungService)
  | { type: "exit_handler_failed"; handler: string; error: unknown }
  /** It has not ended by its deadline. */
  | { type: "exit_handler_hung"; handler: string; deadlineMs: number }
  /** A mapping of the bus could not make what its event carries. */
  | { type: "mapping_failed"; event: string; error: unknown }
  | { type: "shutting_down"; graceful: boolean; deadlineMs: number }
  | { type: "shut_down"; report: ShutdownReport };

/** Who hears of them. */
export type SupervisorEventListener = (event: SupervisorEvent) => void;
