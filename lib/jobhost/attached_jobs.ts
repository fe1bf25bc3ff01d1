import { WorkerError } from "../api/errors.ts";
import type { Job, JobRequest } from "../api/job.ts";
import type {
  GetOptions,
  JobFilter,
  JobService,
  OutputOptions,
  OutputSource,
  StartOptions,
  StopOptions,
  WaitOptions,
} from "../api/job_service.ts";
import { delay } from "../client/delay.ts";
import type { JobClient } from "../client/job_client.ts";
import { Patience } from "../client/patience.ts";
import type { HostLink } from "./host_link.ts";
import type { JobHosts } from "./job_hosts.ts";
import { merge } from "./merge.ts";
import { HostUnreachableError } from "./unix_transport.ts";

/** How a call meets the death of a job host. */
interface AskOptions {
  /** Whether it may be sent twice. @default {true} */
  repeat?: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * The jobs of the job hosts that a daemon is attached to, as one `JobService`.
 *
 * While a job host is replaced, calls wait for the next one. What changes nothing, or changes the
 * same twice, is sent again; a start that may have got there is not, and says so.
 */
export class AttachedJobs implements JobService {
  readonly #hosts: JobHosts;

  constructor(hosts: JobHosts) {
    this.#hosts = hosts;
  }

  start(request: JobRequest, { owner }: StartOptions): Promise<Job> {
    return this.#ask((link) => link.jobsOf(owner).start(request), {
      repeat: false,
    });
  }

  get(id: string, options: GetOptions = {}): Promise<Job> {
    const { signal } = options;
    return this.#askOf(id, (jobs) => jobs.get(id, options), { signal });
  }

  list(filter: JobFilter = {}): Promise<Job[]> {
    return this.#ask(async (current) => {
      const links = [current, ...this.#hosts.retired];
      const lists = await Promise.all(
        links.map((link) => link.jobs.list(filter)),
      );
      if (lists.length === 1) return lists[0]!;
      const jobs = new Map(lists.flat().map((job) => [job.id, job]));
      return [...jobs.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(
        0,
        filter.limit ?? Infinity,
      );
    });
  }

  async *watch(filter: JobFilter, { signal }: WaitOptions): AsyncIterable<Job> {
    const told = new Map<string, string>();
    while (!signal?.aborted) {
      const current = await this.#hosts.current(signal ? { signal } : {});
      const links = [current, ...this.#hosts.retired];
      const jobs = merge(
        links.map((link) => link.jobs.watch(filter, signal ? { signal } : {})),
      );
      try {
        for await (const job of jobs) {
          // A new job host begins with all that fit; only what changed since is news.
          const { state, paused, pid } = job;
          const news = `${state} ${paused} ${pid}`;
          if (told.get(job.id) === news) continue;
          told.set(job.id, news);
          yield job;
        }
      } catch (error) {
        if (signal?.aborted) return;
        if (!isLoss(error)) throw error;
      }
    }
  }

  stop(id: string, options: StopOptions = {}): Promise<Job> {
    const { signal } = options;
    return this.#askOf(id, (jobs) => jobs.stop(id, options), { signal });
  }

  signal(id: string, name: string): Promise<Job> {
    return this.#askOf(id, (jobs) => jobs.signal(id, name), { repeat: false });
  }

  pause(id: string): Promise<Job> {
    return this.#askOf(id, (jobs) => jobs.pause(id));
  }

  resume(id: string): Promise<Job> {
    return this.#askOf(id, (jobs) => jobs.resume(id));
  }

  remove(id: string): Promise<void> {
    return this.#askOf(id, (jobs) => jobs.remove(id), { repeat: false });
  }

  output(id: string, options: OutputOptions = {}): Promise<OutputSource> {
    return this.#askOf(id, (jobs) => jobs.output(id, options));
  }

  input(
    id: string,
    data: AsyncIterable<Uint8Array>,
    options: WaitOptions = {},
  ): Promise<Job> {
    const { signal } = options;
    return this.#askOf(id, (jobs) => jobs.input(id, data, options), {
      repeat: false,
      signal,
    });
  }

  /** Asks the job host that has the job. */
  #askOf<T>(
    id: string,
    call: (jobs: JobClient) => Promise<T>,
    options: AskOptions = {},
  ): Promise<T> {
    return this.#ask(
      async (current) => call((await this.#linkOf(id, current)).jobs),
      options,
    );
  }

  async #linkOf(id: string, current: HostLink): Promise<HostLink> {
    for (const link of this.#hosts.retired) {
      try {
        await link.jobs.get(id);
        return link;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    return current;
  }

  async #ask<T>(
    call: (current: HostLink) => Promise<T>,
    { repeat = true, signal }: AskOptions = {},
  ): Promise<T> {
    const patience = new Patience({ limit: 30_000, step: 50 });
    let last: HostLink | null = null;
    for (;;) {
      const link = await this.#hosts.current(signal ? { signal } : {});
      if (link !== last) patience.succeeded();
      last = link;
      try {
        return await call(link);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isLoss(error)) throw error;
        const sent = !(error instanceof HostUnreachableError) || error.sent;
        if (!repeat && sent) throw error;
        await delay(patience.failed(error), signal);
      }
    }
  }
}

function isLoss(error: unknown): boolean {
  return error instanceof WorkerError && error.code === "UNAVAILABLE";
}

function isNotFound(error: unknown): boolean {
  return error instanceof WorkerError && error.code === "NOT_FOUND";
}
