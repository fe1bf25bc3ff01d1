import { basename } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { WaitOptions } from "../api/job_service.ts";
import type { CgroupSupport } from "../cgroup/mod.ts";
import { SYSTEM_CLOCK } from "../clock.ts";
import type { CountedJobs } from "./job_counters.ts";
import { JobAdmission, shuttingDown } from "./job_admission.ts";
import { JobRunner } from "./job_runner.ts";
import { JobStore } from "./job_store.ts";
import {
  type JobSettings,
  type JobSupervisorOptions,
  settingsOf,
} from "./job_supervisor_options.ts";
import { DEFAULT_END_TIMES } from "./leftovers.ts";
import { NO_CGROUPS } from "./limits.ts";
import type { ManagedJob } from "./managed_job.ts";
import { Notifier } from "./notifier.ts";
import { recoverJobs } from "./recovery.ts";
import { Retention } from "./retention.ts";
import { Subreaper } from "./subreaper.ts";

const logger = getLogger(["worker", "jobs"]);

/** How often old jobs are looked for, and what failed for want of disk is tried again. */
const HOUSEKEEPING_MS = 10_000;

/** The parts below a `JobSupervisor`, put together: whose end means what for whom. */
export class JobEngine implements AsyncDisposable {
  readonly store: JobStore;
  readonly runner: JobRunner;
  readonly retention: Retention;
  readonly admission: JobAdmission;

  readonly #settings: JobSettings;
  readonly #subreaper: Subreaper | null;
  readonly #cgroups: boolean;
  readonly #findJobs: (
    mayRecover: (directory: string) => boolean,
  ) => ManagedJob[];
  readonly #becameIdle = new Notifier();
  readonly #housekeeping: ReturnType<typeof setInterval>;
  readonly #sweeping: Promise<void>;

  /** Takes over the jobs that are in the directory. */
  constructor(options: JobSupervisorOptions) {
    const { directory, clock = SYSTEM_CLOCK } = options;
    const settings = settingsOf(options);
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    const store = new JobStore(directory);
    const endTimes = { ...DEFAULT_END_TIMES, ...options.endTimes };
    const cgroups = options.cgroups ?? NO_CGROUPS;
    this.#settings = settings;
    this.#cgroups = cgroups.kind === "ready";
    this.store = store;
    this.#subreaper = options.subreaper ? new Subreaper() : null;
    this.retention = new Retention(store, { settings, clock });
    this.runner = new JobRunner(store, {
      clock,
      subreaper: this.#subreaper,
      endTimes,
      cgroups,
      ended: (job) => this.#ended(job),
    });
    this.admission = new JobAdmission({
      directory,
      settings,
      clock,
      store,
      runner: this.runner,
      retention: this.retention,
      cgroups,
      gone: () => this.#lookIfIdle(),
    });
    this.#findJobs = (mayRecover) =>
      recoverJobs(directory, {
        outputCap: settings.outputCap,
        endTimes,
        cgroups,
        mayRecover,
        ended: (job) => store.counters.ended(job),
        save: (job) => store.save(job),
      });
    const { mayRecover = () => true } = options;
    this.#takeOver(mayRecover);
    this.#sweeping = this.#sweep(cgroups, mayRecover);
    this.#housekeeping = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS);
    this.#keepHouse();
  }

  #takeOver(mayRecover: (directory: string) => boolean): void {
    const jobs = this.#findJobs(mayRecover);
    for (const job of jobs) {
      this.store.restore(job);
      if (job.live) this.runner.adopt(job);
    }
    this.admission.restore(jobs);
  }

  /** Ends what is in cgroups of jobs that nobody runs: leaked by a process that died. */
  async #sweep(
    cgroups: CgroupSupport,
    mayRecover: (directory: string) => boolean,
  ): Promise<void> {
    if (cgroups.kind === "unsupported") return;
    const { root } = cgroups;
    const keep = root.list().filter((id) =>
      !mayRecover(this.store.directoryOf(id)) ||
      (this.store.has(id) && this.store.find(id).live)
    );
    try {
      const swept = await root.sweep(new Set(keep));
      if (swept > 0) logger.info`removed ${swept} leaked cgroups`;
    } catch (error) {
      logger.error`cannot remove leaked cgroups: ${(error as Error).message}`;
    }
  }

  /**
   * Takes over one more job of the directory, which another process ran and has let go of. Nothing
   * happens when it is known already, or is no job.
   */
  recover(directory: string): void {
    if (this.store.has(basename(directory))) return;
    this.#takeOver((each) => each === directory);
    this.admission.startNext();
  }

  #keepHouse(): void {
    try {
      this.store.saveUnsaved();
      this.retention.enforce();
      this.admission.startNext();
    } catch (error) {
      logger.error`housekeeping failed, and is tried again: ${error}`;
    }
  }

  #ended(job: ManagedJob): void {
    this.retention.ended(job);
    this.admission.startNext();
    this.#lookIfIdle();
  }

  /** Changes what is given, from now on: jobs that run keep the cap they were started with. */
  configure(settings: Partial<JobSettings>): void {
    Object.assign(this.#settings, settings);
    this.#keepHouse();
  }

  /** What was counted, with the jobs of that kind as they are. */
  statistics(
    isOwn: (id: string) => boolean,
  ): CountedJobs & { cgroups: boolean } {
    const jobs = Iterator.from(this.store).filter(({ id }) => isOwn(id));
    return { ...this.store.counters.statistics(jobs), cgroups: this.#cgroups };
  }

  /** How many jobs have a process, and how many wait for one. */
  counts(): { live: number; pending: number } {
    return { live: this.runner.count, pending: this.admission.pending };
  }

  /** Resolves when no job runs and none is pending; at once when that is so now. */
  async idle({ signal }: WaitOptions = {}): Promise<void> {
    while (!this.#isIdle) {
      signal?.throwIfAborted();
      await this.#becameIdle.next(signal ? { signal } : {});
    }
  }

  get #isIdle(): boolean {
    const { live, pending } = this.counts();
    return live === 0 && pending === 0;
  }

  #lookIfIdle(): void {
    if (this.#isIdle) this.#becameIdle.notify();
  }

  /** Stops every job that runs and waits for the ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#housekeeping);
    await this.admission[Symbol.asyncDispose]();
    const grace = this.#settings.shutdownGrace;
    for (const job of this.store) {
      if (job.state === "pending") job.abandon(shuttingDown());
      else if (job.live) {
        this.runner.stop(job, "stopped", { name: "SIGTERM", grace });
      }
    }
    await this.runner.settled();
    await this.#sweeping;
    this.#subreaper?.[Symbol.dispose]();
  }
}
