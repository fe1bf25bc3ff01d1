/**
 * Run commands on this host, or on another one, as jobs: start, stop, signal, status, output with
 * replay to any number of readers.
 *
 * {@linkcode JobSupervisor} runs jobs in this process and {@linkcode JobClient} on a server; both are
 * a {@linkcode JobService}, so what is written for one works with the other.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { copyOutput, JobSupervisor } from "@worker/worker";
 *
 * const directory = await Deno.makeTempDir();
 * await using jobs = new JobSupervisor({ directory });
 * const job = await jobs.start({ command: "echo", args: ["hello"] }, { owner: "me" });
 *
 * await using copy = copyOutput(jobs, job.id, { stdout: Deno.stdout, stderr: Deno.stderr });
 * await copy.done;
 * const { state, exit } = await jobs.get(job.id, { wait: true });
 * deepEqual([state, exit?.code], ["succeeded", 0]);
 * ```
 *
 * @module
 */
export {
  ERROR_STATUS,
  type ErrorCode,
  type Problem,
  WorkerError,
} from "./lib/api/errors.ts";
export type {
  ExitReason,
  Job,
  JobExit,
  JobIsolation,
  JobLimits,
  JobRequest,
  JobSpec,
  JobState,
  JobUsage,
  Leftover,
  Rlimit,
  StreamBytes,
  StreamDigests,
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
export {
  BodyReader,
  JobClient,
  type JobClientOptions,
  type OutputFormat,
  type RunOptions,
  type StartKey,
  type TlsCredentials,
  TlsTransport,
  type TlsTransportOptions,
  type Transport,
  type TransportRequest,
  UnixTransport,
} from "./lib/client/mod.ts";
export {
  type Clock,
  type CopyOptions,
  copyOutput,
  type EndTimes,
  isFinal,
  isInitial,
  isRunning,
  type JobSettings,
  JobSupervisor,
  type JobSupervisorOptions,
  type OutputWatch,
  type OutputWatcher,
  type OutputWriter,
  type WatchOptions,
  watchOutput,
} from "./lib/jobs/mod.ts";
