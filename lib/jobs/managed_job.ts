import type { EndRecord } from "../api/frame.ts";
import type { Job, JobSpec, Leftover, StreamDigests } from "../api/job.ts";
import type { JobProcess } from "./job_process.ts";
import {
  advance,
  isFinal,
  type LifeCycle,
  type LifeEvent,
} from "./life_cycle.ts";
import { Notifier } from "./notifier.ts";
import { OutputLog } from "./output_log.ts";
import type { JobOutput } from "./output_source.ts";

/** What stays the same from a job's creation on. */
export interface JobIdentity extends JobSpec {
  id: string;
  owner: string;
  node: string;
  createdAt: string;
}

/** What is known of a job besides its life cycle: its output, and what its end left. */
interface Evidence {
  output: Job["output"];
  bytes: Job["bytes"];
  sha256: StreamDigests;
  leftovers: Leftover[];
}

/** A job the supervisor knows: alive, with its process and its log, or final, with its evidence. */
export class ManagedJob {
  /** Fires on every change of state. */
  readonly changed = new Notifier();
  /** The main process and the writing log; null before the start and after the end. */
  live: { process: JobProcess; log: OutputLog } | null = null;
  /** True while a request writes to standard input. */
  inputTaken = false;
  /** Clock ticks after boot when the main process started; null while unknown. */
  startTime: number | null = null;
  timeout: ReturnType<typeof setTimeout> | undefined;
  identify: ReturnType<typeof setTimeout> | undefined;

  #life: LifeCycle = { state: "pending" };
  #evidence: Evidence = {
    output: { start: 0, end: 0 },
    bytes: { stdout: 0, stderr: 0 },
    sha256: { stdout: null, stderr: null },
    leftovers: [],
  };

  constructor(readonly identity: JobIdentity, readonly directory: string) {}

  /** A job as an earlier process left it. */
  static restore(job: Job, directory: string): ManagedJob {
    const {
      state,
      pid,
      startedAt,
      endedAt,
      exit,
      output,
      bytes,
      sha256,
      leftovers,
      paused: _,
      usage: __,
      ...identity
    } = job;
    const managed = new ManagedJob(identity, directory);
    managed.#evidence = { output, bytes, sha256, leftovers };
    managed.#life = restoreLife({ state, pid, startedAt, endedAt, exit });
    return managed;
  }

  get id(): string {
    return this.identity.id;
  }

  get state(): LifeCycle["state"] {
    return this.#life.state;
  }

  get isFinal(): boolean {
    return isFinal(this.state);
  }

  /** Takes an event of the life cycle. @throws {IllegalTransitionError} */
  advance(event: LifeEvent, evidence: Partial<Evidence> = {}): void {
    this.#life = advance(this.#life, event);
    this.#evidence = { ...this.#evidence, ...evidence };
    this.changed.notify();
  }

  toJob(): Job {
    const life = this.#life;
    const log = this.live?.log;
    return {
      ...this.identity,
      state: life.state,
      pid: "pid" in life ? life.pid : null,
      startedAt: "startedAt" in life ? life.startedAt : null,
      endedAt: "endedAt" in life ? life.endedAt : null,
      exit: "exit" in life ? life.exit : null,
      ...this.#evidence,
      paused: false,
      usage: null,
      ...(log &&
        {
          output: { start: log.start, end: log.end },
          bytes: { ...log.bytes },
        }),
    };
  }

  /** The output for a reader. A final job's log is opened anew for each. */
  output(logDirectory: string): JobOutput {
    const log = this.live?.log ??
      OutputLog.recover(logDirectory, this.#evidence.bytes);
    return { log, end: () => this.#endRecord() };
  }

  #endRecord(): EndRecord | null {
    const life = this.#life;
    if (!("exit" in life)) return null;
    const { bytes, sha256 } = this.#evidence;
    return { type: "end", state: life.state, exit: life.exit, bytes, sha256 };
  }
}

/** The fields of a stored job as its life cycle; one that is incomplete is `pending`. */
function restoreLife(
  { state, pid, startedAt, endedAt, exit }: Pick<
    Job,
    "state" | "pid" | "startedAt" | "endedAt" | "exit"
  >,
): LifeCycle {
  if (exit !== null && endedAt !== null && state !== "pending") {
    if (state !== "running" && state !== "stopping") {
      return { state, pid, startedAt, endedAt, exit };
    }
  }
  if (pid === null || startedAt === null) return { state: "pending" };
  return { state: "running", pid, startedAt };
}
