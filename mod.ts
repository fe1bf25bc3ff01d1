/**
 * Run commands on this host, or on another one, as jobs: start, stop, signal, status, output with
 * replay to any number of readers.
 *
 * {@linkcode JobSupervisor} runs jobs in this process and {@linkcode JobClient} on a server; both are
 * a {@linkcode JobService}, so what is written for one works with the other.
 *
 * @example
 * ```ts
 * import { JobSupervisor, watchOutput } from "@worker/worker";
 *
 * const directory = await Deno.makeTempDir();
 * await using jobs = new JobSupervisor({ directory });
 * const job = await jobs.start({ command: "echo", args: ["hello"] }, { owner: "me" });
 * await using watch = watchOutput(jobs, job.id, {
 *   output: (bytes, { stream }) => console.log(stream, bytes.length),
 *   end: ({ exit }) => console.log(exit.code),
 * });
 * await watch.done;
 * ```
 *
 * @module
 */
export { type ErrorCode, WorkerError } from "./lib/api/errors.ts";
export type {
  Job,
  JobExit,
  JobLimits,
  JobRequest,
  JobState,
  Leftover,
} from "./lib/api/job.ts";
export type {
  GetOptions,
  JobFilter,
  JobService,
  OutputOptions,
  OutputSource,
  StartOptions,
  StopOptions,
  WaitOptions,
} from "./lib/api/job_service.ts";
export type { EndRecord, OutputStream } from "./lib/api/frame.ts";
export { JobClient, TlsTransport, type Transport } from "./lib/client/mod.ts";
export {
  type EndTimes,
  isFinal,
  isInitial,
  isRunning,
  JobSupervisor,
  type JobSupervisorOptions,
  type OutputWatch,
  type OutputWatcher,
  watchOutput,
} from "./lib/jobs/mod.ts";
