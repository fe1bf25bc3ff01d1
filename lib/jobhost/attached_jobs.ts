import { WorkerError } from "../api/errors.ts";
import type { Job, JobRequest, JobSpec } from "../api/job.ts";
import type { JobStatistics } from "../api/job_statistics.ts";
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
import { newStartKey } from "../api/start_key.ts";
import { delay } from "../client/delay.ts";
import { HostCalls, isLoss } from "./host_calls.ts";
import type { JobHosts } from "./job_hosts.ts";
import { JobLogs } from "./job_logs.ts";
import { StatisticsSum } from "./statistics_sum.ts";
import { merge } from "./merge.ts";
import { parseSpec } from "../jobs/spec.ts";

/** How long a start waits for what job hosts that were replaced have to say of it, ms. */
const ASK_RETIRED_MS = 1_000;

/** Between two watches, ms. */
const PAUSE_MS = 20;

/**
 * The jobs of the job hosts that a daemon is attached to, as one `JobService`.
 *
 * While a job host is replaced, calls wait for the next one. What changes nothing, or changes the
 * same twice, is sent again, and so is a start: by its key nothing is started twice.
 */
export class AttachedJobs implements JobService, AsyncDisposable {
  readonly #calls: HostCalls;
  readonly #logs: JobLogs;
  readonly #sum = new StatisticsSum();

  /** Owns `hosts` from now on. `directory` is where jobs are kept. */
  constructor(hosts: JobHosts, directory: string) {
    this.#calls = new HostCalls(hosts);
    this.#logs = new JobLogs(directory, this.#calls);
  }

  async start(request: JobRequest, given: StartOptions): Promise<Job> {
    const spec = parseSpec(request);
    const { key = newStartKey() } = given;
    const options = { ...given, key };
    // A key that was made here is new to everybody.
    let isKnown = given.key !== undefined;
    return await this.#calls.call(async (link) => {
      const known = isKnown
        ? await this.#startedElsewhere(spec, options)
        : null;
      isKnown = true;
      if (known !== null) return known;
      return options.follow
        ? await this.#logs.start(link, { spec, ...options })
        : await link.start(spec, options);
    });
  }

  /** The job that the same start has led to in a job host that was replaced since. */
  async #startedElsewhere(
    spec: JobSpec,
    options: StartOptions,
  ): Promise<Job | null> {
    const retired = await this.#calls.hosts.allRetired({
      within: ASK_RETIRED_MS,
    });
    const found = await Promise.all(
      retired.map((link) =>
        link.startedWith(spec, { ...options, within: ASK_RETIRED_MS })
      ),
    );
    return found.find((job) => job !== null) ?? null;
  }

  get(id: string, options: GetOptions = {}): Promise<Job> {
    const { signal } = options;
    return this.#calls.callFor(id, ({ jobs }) => jobs.get(id, options), {
      signal,
    });
  }

  list(filter: JobFilter = {}): Promise<Job[]> {
    return this.#calls.call(async (current) => {
      const retired = await Promise.all(
        this.#calls.hosts.retired.map(async (link) =>
          (await link.jobs.list(filter)).filter(({ id }) => link.owns(id))
        ),
      );
      const jobs = await current.jobs.list(filter);
      if (retired.length === 0) return jobs;
      return [...jobs, ...retired.flat()]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, filter.limit ?? Infinity);
    });
  }

  async *watch(filter: JobFilter, { signal }: WaitOptions): AsyncIterable<Job> {
    const told = new Map<string, string>();
    while (!signal?.aborted) {
      const current = await this.#calls.hosts.current(signal ? { signal } : {});
      const links = [current, ...this.#calls.hosts.retired];
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
        // One that is only just dying still lets itself be found.
        await delay(PAUSE_MS, signal).catch(() => {});
      }
    }
  }

  stop(id: string, options: StopOptions = {}): Promise<Job> {
    const { signal } = options;
    return this.#calls.callFor(id, ({ jobs }) => jobs.stop(id, options), {
      signal,
    });
  }

  signal(id: string, name: string): Promise<Job> {
    return this.#calls.callFor(id, ({ jobs }) => jobs.signal(id, name), {
      repeat: false,
    });
  }

  pause(id: string): Promise<Job> {
    return this.#calls.callFor(id, ({ jobs }) => jobs.pause(id));
  }

  resume(id: string): Promise<Job> {
    return this.#calls.callFor(id, ({ jobs }) => jobs.resume(id));
  }

  remove(id: string): Promise<void> {
    return this.#calls.callFor(id, ({ jobs }) => jobs.remove(id), {
      repeat: false,
    });
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async output(id: string, options: OutputOptions = {}): Promise<OutputSource> {
    return this.#logs.source(id, options);
  }

  input(
    id: string,
    data: AsyncIterable<Uint8Array>,
    options: WaitOptions = {},
  ): Promise<Job> {
    const { signal } = options;
    return this.#calls.callFor(
      id,
      ({ jobs }) => jobs.input(id, data, options),
      {
        repeat: false,
        signal,
      },
    );
  }

  /**
   * What their job hosts have counted, also those that are gone, as far as somebody asked.
   *
   * @throws {WorkerError} `UNSUPPORTED` when one is of a build that can't tell.
   */
  statistics(): Promise<JobStatistics> {
    return this.#calls.call(async (current) => {
      const links = [current, ...this.#calls.hosts.retired];
      const readings = await Promise.all(links.map(async (link) => {
        const statistics = await link.statistics();
        if (statistics !== null) return { pid: link.info.pid, statistics };
        throw new WorkerError(
          "UNSUPPORTED",
          `job host ${link.info.pid} is of a build that does not count`,
        );
      }));
      return this.#sum.of(readings);
    });
  }

  /** Lets go of the job hosts. Followers are cut, and come again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#logs[Symbol.dispose]();
    await this.#calls.hosts[Symbol.asyncDispose]();
  }
}
