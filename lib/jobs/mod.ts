/**
 * Jobs on this host. The protocol of this folder:
 *
 * - A job is started whole or refused without a trace; once it is started, its record is on disk.
 * - Its main process leads a session and a process group of its own; stopping means all of it.
 * - stdout and stderr are read as they come and appended to the output log *before* anybody sees
 *   them; readers read the log at their own pace and never slow the job (`overflow: "wait"` aside).
 * - A job is final when its main process has ended, its pipes are drained and nothing it started is
 *   left (or what survived is named); its end is saved before it is told.
 *
 * States and transitions: `life_cycle.ts`. Files on disk: `output_log.ts` and `job_record.ts`.
 */
export {
  type CopyOptions,
  copyOutput,
  type OutputWriter,
} from "./copy_output.ts";
export type { Clock } from "../clock.ts";
export { isFinal, isInitial, isRunning } from "./life_cycle.ts";
export { JobSupervisor } from "./job_supervisor.ts";
export type {
  JobSettings,
  JobSupervisorOptions,
} from "./job_supervisor_options.ts";
export { type EndTimes } from "./leftovers.ts";
export {
  type OutputWatch,
  type OutputWatcher,
  type WatchOptions,
  watchOutput,
} from "./output_watch.ts";
