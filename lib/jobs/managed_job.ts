import type { EndRecord } from "../api/frame.ts";
import type {
  Job,
  JobExit,
  JobUsage,
  Leftover,
  StreamDigests,
} from "../api/job.ts";
import { type JobIdentity, splitJob } from "./job_parts.ts";
import type { JobProcess } from "./job_process.ts";
import {
  advance,
  isFinal,
  type LifeCycle,
  type LifeEvent,
} from "./life_cycle.ts";
import type { JobRecord } from "./job_record.ts";
import { Notifier } from "./notifier.ts";
import { OutputLog } from "./output_log.ts";
import type { JobOutput } from "./output_source.ts";
import { restoreLife } from "./restore_life.ts";
import { listSegments } from "./segment.ts";

/** What a job uses is as old as this at most. */
const USAGE_AGE_MS = 500;

/** What is known of a job besides its life cycle: its output, and what its end left. */
export interface Evidence {
  output: Job["output"];
  bytes: Job["bytes"];
  sha256: StreamDigests;
  leftovers: Leftover[];
  usage: JobUsage | null;
}

/**
 * A job the supervisor knows: waiting to start, alive with its process and its log, or final with
 * its evidence.
 */
export class ManagedJob {
  /** Fires on every change of state. */
  readonly changed = new Notifier();
  /** It waits for its time or its turn, and no start was tried: its record says so. */
  queued = false;
  /** The log that those who follow a waiting job follow already. */
  queuedLog: OutputLog | null = null;
  /** The main process and the writing log; null before the start and after the end. */
  live: { process: JobProcess; log: OutputLog } | null = null;
  /** All of it is frozen. */
  paused = false;
  /** True while a request writes to standard input. */
  inputTaken = false;
  /** Clock ticks after boot when the main process started; null while unknown. */
  startTime: number | null = null;

  #life: LifeCycle = { state: "pending" };
  #evidence: Evidence = {
    output: { start: 0, end: 0 },
    bytes: { stdout: 0, stderr: 0 },
    sha256: { stdout: null, stderr: null },
    leftovers: [],
    usage: null,
  };
  #abandoned: Error | null = null;
  /** What it used when it was last looked at; a look costs a few reads of small files. */
  #usage: { seenAt: number; usage: JobUsage | null } | null = null;
  /** Bytes on disk of the ended output; null until somebody asks. */
  #storedBytes: number | null = null;

  constructor(
    readonly identity: JobIdentity,
    readonly directory: string,
    /** What makes its start repeatable; null when nothing does. */
    readonly startKey: string | null = null,
  ) {}

  /** A job as an earlier process left it. */
  static restore(
    job: Job,
    directory: string,
    { stopReason = "stopped", startKey = null }:
      & Pick<JobRecord, "stopReason">
      & { startKey?: string | null } = {},
  ): ManagedJob {
    const { identity, progress } = splitJob(job);
    const { output, bytes, sha256, leftovers, usage, paused } = progress;
    const managed = new ManagedJob(identity, directory, startKey);
    managed.#evidence = { output, bytes, sha256, leftovers, usage };
    managed.#life = restoreLife({ ...progress, stopReason });
    managed.paused = paused && !managed.isFinal;
    return managed;
  }

  get id(): string {
    return this.identity.id;
  }

  get owner(): string {
    return this.identity.owner;
  }

  get state(): LifeCycle["state"] {
    return this.#life.state;
  }

  get isFinal(): boolean {
    return isFinal(this.state);
  }

  /** When it became final, RFC 3339; null before. */
  get endedAt(): string | null {
    return "endedAt" in this.#life ? this.#life.endedAt : null;
  }

  /** When its process was started, RFC 3339; null before. */
  get startedAt(): string | null {
    return "startedAt" in this.#life ? this.#life.startedAt : null;
  }

  /** How it ended; null until it is final. */
  get exit(): JobExit | null {
    return "exit" in this.#life ? this.#life.exit : null;
  }

  /** Why it is being stopped; null when it is not. */
  get stopReason(): "stopped" | "timeout" | null {
    return this.#life.state === "stopping" ? this.#life.reason : null;
  }

  /** Where its output is on disk. */
  get outputDirectory(): string {
    return `${this.directory}/output`;
  }

  /** Takes an event of the life cycle. @throws {IllegalTransitionError} */
  advance(event: LifeEvent, evidence: Partial<Evidence> = {}): void {
    this.#life = advance(this.#life, event);
    this.#evidence = { ...this.#evidence, ...evidence };
    if (this.isFinal) this.paused = false;
    this.changed.notify();
  }

  toJob(): Job {
    const life = this.#life;
    const log = this.live?.log;
    return {
      ...this.identity,
      state: life.state,
      pid: "pid" in life ? life.pid : null,
      startedAt: this.startedAt,
      endedAt: this.endedAt,
      exit: this.exit,
      ...this.#evidence,
      paused: this.paused,
      usage: this.#usageNow(),
      ...(log &&
        {
          output: { start: log.start, end: log.end },
          bytes: { ...log.bytes },
        }),
    };
  }

  #usageNow(): JobUsage | null {
    if (!this.live) return this.#evidence.usage;
    const now = performance.now();
    // Most jobs end before anybody could want to know.
    this.#usage ??= { seenAt: now, usage: null };
    if (now - this.#usage.seenAt >= USAGE_AGE_MS) {
      this.#usage = { seenAt: now, usage: this.live.process.usage() };
    }
    return this.#usage.usage;
  }

  /** The output for a reader. A final job's log is opened anew for each. */
  output(): JobOutput {
    const log = this.live?.log ?? this.queuedLog ??
      OutputLog.open(this.outputDirectory, this.#evidence.bytes);
    return { log, end: () => this.#endRecord() };
  }

  /** Nobody here will see its end: whoever waits for that is told `why`. */
  abandon(why: Error): void {
    this.#abandoned = why;
    this.changed.notify();
    this.queuedLog?.changed.notify();
  }

  /** @throws what `abandon` was given. */
  throwIfAbandoned(): void {
    if (this.#abandoned) throw this.#abandoned;
  }

  #endRecord(): EndRecord | null {
    const life = this.#life;
    this.throwIfAbandoned();
    if (!("exit" in life)) return null;
    const { bytes, sha256 } = this.#evidence;
    return { type: "end", state: life.state, exit: life.exit, bytes, sha256 };
  }

  /** Bytes that its output takes on disk. */
  get storedBytes(): number {
    if (this.live) return this.live.log.fileBytes;
    if (!this.isFinal) return 0;
    return this.#storedBytes ??= listSegments(this.outputDirectory)
      .reduce((sum, { fileBytes }) => sum + fileBytes, 0);
  }

  /** What its log said at the end, so that nobody need look. */
  set storedBytes(bytes: number) {
    this.#storedBytes = bytes;
  }

  /** Gives the disk of a final job's output back: all of it is a gap from now on. */
  dropOutput(): void {
    const { end } = this.#evidence.output;
    this.#evidence = { ...this.#evidence, output: { start: end, end } };
    this.#storedBytes = 0;
    Deno.removeSync(this.outputDirectory, { recursive: true });
  }
}
