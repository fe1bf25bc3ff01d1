import { hostname } from "node:os";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { monotonicFactory } from "ulid";
import { parseDuration } from "../api/duration.ts";
import { WorkerError } from "../api/errors.ts";
import type { Job, JobRequest, JobSpec } from "../api/job.ts";
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
import { parseSize } from "../api/size.ts";
import { feedInput } from "./input.ts";
import { JobFeed } from "./job_feed.ts";
import { JobProcess } from "./job_process.ts";
import { createRecord, writeRecord } from "./job_record.ts";
import { prepareLaunch } from "./launcher.ts";
import { DEFAULT_END_TIMES, type EndTimes } from "./leftovers.ts";
import type { JobSupervisorOptions } from "./job_supervisor_options.ts";
import { ManagedJob } from "./managed_job.ts";
import { OutputLog } from "./output_log.ts";
import { JobOutputSource } from "./output_source.ts";
import { bootId } from "./proc.ts";
import { recoverJobs } from "./recovery.ts";
import { parseSignal } from "./signal.ts";
import { parseSpec } from "./spec.ts";
import { StreamFilter } from "./stream_filter.ts";
import { Subreaper } from "./subreaper.ts";
import { offsetOfLastLines } from "./tail.ts";

const logger = getLogger(["worker", "jobs"]);

/** How often finished jobs are looked through, and records that did not fit the disk tried again. */
const HOUSEKEEPING_MS = 10_000;

/** A job that runs this long gets its start time into its record; most have ended by then. */
const IDENTIFY_MS = 100;

/**
 * Runs jobs on this host: the `JobService` that all the others stand for.
 *
 * A job that was started is on disk before its process exists; its end is on disk before anybody
 * is told. Dispose it to stop every job and wait for their ends.
 */
export class JobSupervisor implements JobService, AsyncDisposable {
  readonly #directory: string;
  readonly #node: string;
  readonly #outputCap: number;
  readonly #maxAge: number;
  readonly #endTimes: EndTimes;
  readonly #shutdownGrace: number;
  readonly #subreaper: Subreaper | null;
  readonly #bootId = bootId();
  readonly #nextId = monotonicFactory();
  readonly #jobs = new Map<string, ManagedJob>();
  readonly #ends = new Set<Promise<void>>();
  readonly #feed = new JobFeed();
  readonly #unsaved = new Set<ManagedJob>();
  readonly #housekeeping: ReturnType<typeof setInterval>;
  #closing = false;

  /**
   * Takes over the jobs that an earlier supervisor left in the directory: what it had not seen end is
   * `lost`. Two supervisors must not share a directory.
   */
  constructor(options: JobSupervisorOptions) {
    this.#directory = options.directory;
    this.#node = options.node ?? hostname();
    this.#outputCap = options.outputCap ?? 256 * 2 ** 20;
    this.#maxAge = options.maxAge ?? Infinity;
    this.#shutdownGrace = options.shutdownGrace ?? 10_000;
    this.#endTimes = { ...DEFAULT_END_TIMES, ...options.endTimes };
    Deno.mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    for (const job of recoverJobs(this.#directory)) this.#jobs.set(job.id, job);
    this.#subreaper = options.subreaper ? new Subreaper() : null;
    this.#housekeeping = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS);
    this.#keepHouse();
  }

  async start(request: JobRequest, { owner }: StartOptions): Promise<Job> {
    this.#refuseWhenClosing();
    const spec = parseSpec(request);
    const id = this.#nextId().toLowerCase();
    const launch = await prepareLaunch(spec, id);
    this.#refuseWhenClosing();
    const job = new ManagedJob(
      { ...spec, id, owner, node: this.#node, createdAt: now() },
      join(this.#directory, id),
    );
    createRecord(job.directory, {
      version: 1,
      job: job.toJob(),
      process: null,
    });
    try {
      const log = this.#createLog(job, spec);
      const process = new JobProcess(launch, {
        jobId: id,
        log,
        subreaper: this.#subreaper,
        times: this.#endTimes,
      });
      job.live = { process, log };
    } catch (error) {
      Deno.removeSync(job.directory, { recursive: true });
      throw error;
    }
    this.#started(job);
    return job.toJob();
  }

  #createLog(
    job: ManagedJob,
    { limits, checksum, overflow }: JobSpec,
  ): OutputLog {
    const cap = limits.output === null
      ? this.#outputCap
      : parseSize(limits.output);
    return OutputLog.create(join(job.directory, "output"), {
      cap,
      checksum,
      overflow,
    });
  }

  #started(job: ManagedJob): void {
    const { process } = job.live!;
    this.#jobs.set(job.id, job);
    job.advance({ type: "started", pid: process.pid, at: now() });
    this.#save(job);
    if (job.identity.timeout !== null) {
      this.#armTimeout(job, parseDuration(job.identity.timeout));
    }
    job.identify = setTimeout(() => {
      job.startTime = process.startTime();
      this.#save(job);
    }, IDENTIFY_MS);
    const end = this.#awaitEnd(job).finally(() => this.#ends.delete(end));
    this.#ends.add(end);
    this.#feed.publish(job.toJob());
  }

  #armTimeout(job: ManagedJob, ms: number): void {
    // A timer takes 2^31 ms at most.
    const step = Math.min(ms, 2 ** 30);
    job.timeout = setTimeout(() => {
      if (ms > step) return this.#armTimeout(job, ms - step);
      if (job.state !== "running") return;
      this.#stopping(job, "timeout");
      job.live?.process.stop("SIGTERM", 10_000);
    }, step);
  }

  async #awaitEnd(job: ManagedJob): Promise<void> {
    const { process, log } = job.live!;
    const { code, signal, leftovers } = await process.ended;
    clearTimeout(job.timeout);
    clearTimeout(job.identify);
    const sha256 = log.finish();
    const { start, end, bytes } = log;
    job.live = null;
    job.advance(
      { type: "ended", code, signal, at: now() },
      { output: { start, end }, bytes: { ...bytes }, sha256, leftovers },
    );
    this.#save(job);
    log.changed.notify();
    this.#feed.publish(job.toJob());
  }

  #stopping(job: ManagedJob, reason: "stopped" | "timeout"): void {
    job.advance({ type: "stop", reason });
    this.#save(job);
    this.#feed.publish(job.toJob());
  }

  /** Writes the record; one that does not fit the disk is tried again until it does. */
  #save(job: ManagedJob): void {
    const { live } = job;
    const process = live &&
      {
        pid: live.process.pid,
        startTime: job.startTime,
        bootId: this.#bootId,
      };
    try {
      writeRecord(job.directory, { version: 1, job: job.toJob(), process });
      this.#unsaved.delete(job);
    } catch (error) {
      if (!this.#unsaved.has(job)) {
        logger.error`cannot save job ${job.id}: ${(error as Error).message}`;
      }
      this.#unsaved.add(job);
    }
  }

  #keepHouse(): void {
    for (const job of this.#unsaved) this.#save(job);
    for (const job of this.#jobs.values()) {
      const { endedAt } = job.toJob();
      if (endedAt === null || Date.now() - Date.parse(endedAt) < this.#maxAge) {
        continue;
      }
      this.#drop(job);
    }
  }

  #refuseWhenClosing(): void {
    if (this.#closing) {
      throw new WorkerError("UNAVAILABLE", "the server is shutting down");
    }
  }

  #find(id: string): ManagedJob {
    const job = this.#jobs.get(id);
    if (job) return job;
    throw new WorkerError("NOT_FOUND", `there is no job "${id}"`);
  }

  async get(
    id: string,
    { wait = false, signal }: GetOptions = {},
  ): Promise<Job> {
    const job = this.#find(id);
    if (wait) await this.#final(job, signal);
    return job.toJob();
  }

  async #final(
    job: ManagedJob,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    while (!job.isFinal) {
      signal?.throwIfAborted();
      await job.changed.next(signal ? { signal } : {});
    }
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async list(filter: JobFilter = {}): Promise<Job[]> {
    const jobs: Job[] = [];
    for (const job of this.#jobs.values()) {
      if (jobs.length >= (filter.limit ?? Infinity)) break;
      if (filter.after !== undefined && job.id <= filter.after) continue;
      if (JobFeed.fits(job.identity, job.state, filter)) jobs.push(job.toJob());
    }
    return jobs;
  }

  async *watch(filter: JobFilter, { signal }: WaitOptions): AsyncIterable<Job> {
    using subscription = this.#feed.subscribe(filter);
    yield* await this.list(filter);
    yield* subscription.jobs(signal);
  }

  async stop(id: string, options: StopOptions = {}): Promise<Job> {
    const job = this.#find(id);
    const name = parseSignal(options.name ?? "SIGTERM");
    if (job.live) {
      if (job.state === "running") this.#stopping(job, "stopped");
      job.live.process.stop(name, options.grace ?? 10_000);
    }
    await this.#final(job, options.signal);
    return job.toJob();
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async signal(id: string, name: string): Promise<Job> {
    const job = this.#find(id);
    const signal = parseSignal(name);
    if (!job.live?.process.signal(signal)) {
      throw new WorkerError(
        "CONFLICT",
        `cannot signal job "${id}": it has ended`,
      );
    }
    return job.toJob();
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async pause(id: string): Promise<Job> {
    throw this.#unfreezable(id, "pause");
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async resume(id: string): Promise<Job> {
    throw this.#unfreezable(id, "resume");
  }

  #unfreezable(id: string, action: "pause" | "resume"): WorkerError {
    const job = this.#find(id);
    return new WorkerError(
      "UNSUPPORTED",
      `cannot ${action} job "${job.id}": this server does not manage cgroups`,
    );
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async remove(id: string): Promise<void> {
    const job = this.#find(id);
    if (!job.isFinal) {
      throw new WorkerError(
        "CONFLICT",
        `cannot remove job "${id}": it is ${job.state}; stop it first`,
      );
    }
    this.#drop(job);
  }

  #drop(job: ManagedJob): void {
    this.#jobs.delete(job.id);
    this.#unsaved.delete(job);
    Deno.removeSync(job.directory, { recursive: true });
  }

  // deno-lint-ignore require-await -- rejects instead of throwing
  async output(id: string, options: OutputOptions = {}): Promise<OutputSource> {
    const job = this.#find(id);
    const output = job.output(join(job.directory, "output"));
    const from = options.tail === undefined
      ? options.from ?? 0
      : offsetOfLastLines(output.log, options.tail);
    const source = new JobOutputSource(output, {
      from,
      follow: options.follow ?? false,
    });
    return options.stream ? new StreamFilter(source, options.stream) : source;
  }

  async input(
    id: string,
    data: AsyncIterable<Uint8Array>,
    options: WaitOptions = {},
  ): Promise<Job> {
    const job = this.#find(id);
    await feedInput(job, data, options);
    return job.toJob();
  }

  /** Stops every job and waits for the ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    clearInterval(this.#housekeeping);
    const running = [...this.#jobs.values()].filter((job) => job.live !== null);
    await Promise.all(
      running.map((job) => this.stop(job.id, { grace: this.#shutdownGrace })),
    );
    await Promise.all(this.#ends);
    this.#subreaper?.[Symbol.dispose]();
  }
}

function now(): string {
  return new Date().toISOString();
}
