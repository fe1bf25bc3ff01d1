import type { Job, JobRequest, JobState } from "./job.ts";

/**
 * The centre of the project: what can be done with jobs, wherever they run.
 *
 * The job supervisor implements it for real, the client implements it over HTTP, and the HTTP
 * routes expose any implementation. Every method rejects with a `WorkerError`: `NOT_FOUND` for an
 * unknown id, `INVALID_ARGUMENT` for a wrong value, `CONFLICT` for a wrong state.
 */
export interface JobService {
  /**
   * Starts a job; resolves once its process exists, or with a `pending` job when it has to wait.
   * `COMMAND_NOT_FOUND` when it can't be run, `UNSUPPORTED` when it asks for what the host can't do.
   */
  start(request: JobRequest, options: StartOptions): Promise<Job>;
  /** The job as it is now, or with `wait` as it is at its end. */
  get(id: string, options?: GetOptions): Promise<Job>;
  /** Jobs by creation, oldest first. */
  list(filter?: JobFilter): Promise<Job[]>;
  /** First every job that fits, then each again whenever its state changes, until `signal`. */
  watch(filter: JobFilter, options: WaitOptions): AsyncIterable<Job>;
  /** Sends the signal to all of the job, SIGKILL after the grace; resolves when it is final. */
  stop(id: string, options?: StopOptions): Promise<Job>;
  /** Sends one signal to the job's process group. */
  signal(id: string, name: string): Promise<Job>;
  /**
   * Freezes all of the job. `UNSUPPORTED` where the host has no cgroup v2; `CONFLICT` when the job
   * has no process. Twice is fine.
   */
  pause(id: string): Promise<Job>;
  /** Lets a paused job go on; errors as {@linkcode JobService.pause}. */
  resume(id: string): Promise<Job>;
  /** Removes a final job with its output. `CONFLICT` while it runs. */
  remove(id: string): Promise<void>;
  /** Opens the output as a stream of frames (see `frame.ts`). */
  output(id: string, options?: OutputOptions): Promise<OutputSource>;
  /**
   * Writes to the job's standard input, at the pace of the job, and closes it at the end of
   * `data`. When `data` fails, standard input stays open: a cut upload is never an end of file.
   */
  input(
    id: string,
    data: AsyncIterable<Uint8Array>,
    options?: WaitOptions,
  ): Promise<Job>;
}

/** Options of every call that waits. */
export interface WaitOptions {
  /** Gives the wait up; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Options of {@linkcode JobService.start}. */
export interface StartOptions {
  /** The name that owns the job: the common name of the client's certificate. */
  owner: string;
  /** Its output is asked for next; this only saves time. @default {false} */
  follow?: boolean;
  /**
   * Makes the start repeatable: a second one of this owner with the same key starts nothing and gives
   * the job of the first, for as long as that is kept; `CONFLICT` when it asks for another job.
   */
  key?: string | undefined;
}

/** Options of {@linkcode JobService.get}. */
export interface GetOptions extends WaitOptions {
  /** Answer when the job is final. @default {false} */
  wait?: boolean;
}

/** Options of {@linkcode JobService.stop}. `signal` ends the wait; the job is stopped all the same. */
export interface StopOptions extends WaitOptions {
  /** The signal that asks the job to end. @default {"SIGTERM"} */
  name?: string;
  /** Milliseconds until SIGKILL. @default {10_000} */
  grace?: number;
}

/** A job fits when it fits every field that is given. */
export interface JobFilter {
  /** Jobs in one of these states. */
  state?: JobState[];
  /** Jobs that this name started. */
  owner?: string;
  /** Labels with their values, e.g. `{env: "prod"}`. */
  labels?: Record<string, string>;
  /** At most this many. */
  limit?: number;
  /** Only jobs created after the job of this id. */
  after?: string;
}

/** Options of {@linkcode JobService.output}. */
export interface OutputOptions {
  /** Go on until the job's end. @default {false} */
  follow?: boolean;
  /** Logical offset to begin at; one past the end so far begins there. @default {0} */
  from?: number;
  /** Begin at the last so many lines; wins over `from`. */
  tail?: number;
  /** Only this stream. @default both */
  stream?: "stdout" | "stderr";
}

/**
 * A stream of frames that its reader pulls into buffers of its own, so that a follower that waits
 * holds no memory, and a busy one reuses a few buffers. Where frames are cut between two reads
 * means nothing: it is a stream of bytes.
 */
export interface OutputSource extends AsyncDisposable {
  /** Resolves to true when `read` will give bytes, to false at the end of the stream. */
  ready(): Promise<boolean>;
  /** Copies what is there into `into`; the count, 0 when nothing is. */
  read(into: Uint8Array): number;
}
