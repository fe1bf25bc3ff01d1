import { join } from "node:path";
import { WorkerError } from "../api/errors.ts";
import type { Job, JobSpec } from "../api/job.ts";
import type {
  OutputOptions,
  OutputSource,
  StartOptions,
} from "../api/job_service.ts";
import type { LogChange } from "../jobs/log_change.ts";
import type { HostLink } from "./host_link.ts";
import type { HostCalls } from "./host_calls.ts";
import { JobLog, type LogFeed, newFeed } from "./job_log.ts";

const LOST = { value: undefined, done: true } as const;

/**
 * Output for the clients of a daemon: the daemon reads the files itself, and job hosts only tell how
 * they grow. All who read the output of one job share what is told.
 */
export class JobLogs implements Disposable {
  readonly #directory: string;
  readonly #calls: HostCalls;
  readonly #logs = new Map<string, JobLog>();

  /** @param directory Where jobs are kept. */
  constructor(directory: string, calls: HostCalls) {
    this.#directory = directory;
    this.#calls = calls;
  }

  /** @throws {WorkerError} `NOT_FOUND` */
  source(id: string, options: OutputOptions): Promise<OutputSource> {
    return this.#log(id).source(options);
  }

  /**
   * Starts a job and follows its log, in one request.
   *
   * @throws {WorkerError} `UNAVAILABLE` when the job host goes away; the job may have been started.
   */
  async start(
    link: HostLink,
    { spec, ...options }: StartOptions & { spec: JobSpec },
  ): Promise<Job> {
    const feed = newFeed();
    const records = await link.startFollowed(spec, { ...options, ...feed });
    const { value, done } = await records.next().catch(() => LOST);
    if (done) {
      throw new WorkerError(
        "UNAVAILABLE",
        "the job host went away in this moment: look whether the job was started",
      );
    }
    const job = value as Job;
    this.#open(job.id, {
      ...feed,
      link,
      changes: records as AsyncIterable<LogChange>,
    });
    return job;
  }

  #log(id: string): JobLog {
    const known = this.#logs.get(id);
    if (known) return known;
    // Ids come from outside, and this one becomes a path.
    if (!/^[0-9a-z]{26}$/.test(id)) {
      throw new WorkerError("NOT_FOUND", `there is no job "${id}"`);
    }
    return this.#open(id);
  }

  #open(id: string, feed?: LogFeed): JobLog {
    const log: JobLog = new JobLog({
      id,
      ...(feed && { feed }),
      directory: join(this.#directory, id, "output"),
      calls: this.#calls,
      closed: () => {
        if (this.#logs.get(id) === log) this.#logs.delete(id);
      },
    });
    this.#logs.set(id, log);
    return log;
  }

  /** Ends every reader: a client learns that its stream was cut, and comes again. */
  [Symbol.dispose](): void {
    const error = new WorkerError("UNAVAILABLE", "the server is shutting down");
    for (const log of [...this.#logs.values()]) log.fail(error);
  }
}
