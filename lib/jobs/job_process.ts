import type { JobUsage, Leftover } from "../api/job.ts";
import type { SignalName } from "../api/signals.ts";
import type { Containment } from "./containment.ts";
import { kill } from "./kill.ts";
import { type EndTimes, Leftovers } from "./leftovers.ts";
import type { MainProcess } from "./main_process.ts";
import type { OutputLog } from "./output_log.ts";
import { OutputPump } from "./output_pump.ts";
import { readStat } from "./proc.ts";
import type { MainEnd, ProcessEnd } from "./process_end.ts";
import { settlesWithin } from "./wait.ts";

/** What is known when all of a job has ended. */
export interface JobProcessEnd extends ProcessEnd {
  leftovers: Leftover[];
  /** What all of the job has used, as far as the host counts it. */
  usage: JobUsage | null;
  /** The kernel killed it because its memory limit was reached. */
  outOfMemory: boolean;
}

/** What a {@linkcode JobProcess} works with. */
export interface JobProcessOptions {
  log: OutputLog;
  containment: Containment;
  times: EndTimes;
}

/**
 * The processes of one job, from the start of the main one to the end of the last.
 *
 * `ended` resolves when the main process has ended, both pipes are at their end, and nothing that
 * the job started is left, or what is left has been named.
 */
export class JobProcess {
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array> | null;
  readonly containment: Containment;
  readonly ended: Promise<JobProcessEnd>;
  /** What the kernel calls the pipes of the output; empty for one that nobody could open. */
  readonly pipes: { stdout: string; stderr: string };
  /** Resolves when both pipes are at their end. */
  readonly output: Promise<unknown>;
  /** Resolves when the main process has ended and other processes of the job are still to be ended. */
  readonly outlived: Promise<void>;
  /** When everything gets SIGKILL, by `performance.now()`; null while nobody asked for a stop. */
  killAt: number | null = null;

  readonly #log: OutputLog;
  readonly #pumps: OutputPump[] = [];
  readonly #leftovers: Leftovers;
  readonly #main: Promise<MainEnd>;
  readonly #outlived = Promise.withResolvers<void>();
  #killTimer: ReturnType<typeof setTimeout> | undefined;
  #mainEnded = false;
  #mainEnd: ProcessEnd | null = null;

  constructor(main: MainProcess, options: JobProcessOptions) {
    const { log, containment, times } = options;
    this.pid = main.pid;
    this.stdin = main.stdin;
    this.containment = containment;
    this.#log = log;
    this.pipes = {
      stdout: this.#pump(main.stdout, "stdout"),
      stderr: this.#pump(main.stderr, "stderr"),
    };
    this.output = Promise.all(this.#pumps.map((pump) => pump.done));
    this.#leftovers = new Leftovers(this, times);
    this.#main = main.ended;
    this.outlived = this.#outlived.promise;
    this.ended = this.#watch();
  }

  /** Reads a pipe into the log; its name, empty when there is none to read. */
  #pump(fd: number | null, stream: "stdout" | "stderr"): string {
    if (fd === null) return "";
    const pump = new OutputPump(fd, { log: this.#log, stream });
    this.#pumps.push(pump);
    return pump.pipe;
  }

  /**
   * Clock ticks after boot when it started; null once it has ended. Not for its first moment: the
   * kernel lets nobody look while it executes the program.
   */
  startTime(): number | null {
    return this.#mainEnded ? null : readStat(this.pid)?.startTime ?? null;
  }

  /** How the main process ended; null before, and when nobody saw it. */
  get mainEnd(): ProcessEnd | null {
    return this.#mainEnd;
  }

  /** True once both pipes are at their end. */
  get outputEnded(): boolean {
    return this.#pumps.every((pump) => pump.finished);
  }

  /** Closes both pipes, whoever holds their other ends. */
  async closeOutput(): Promise<void> {
    await Promise.all(this.#pumps.map((pump) => pump.cancel()));
  }

  /** Sends a signal to the job's process group; false when it has ended. */
  signal(name: SignalName): boolean {
    // Once the main process is reaped its group may be gone too, and the number somebody else's.
    const members = this.#mainEnded ? this.containment.members() : null;
    if (members?.every(({ group }) => group !== this.pid)) return false;
    return kill(-this.pid, name);
  }

  /** Sends `name` to every process of the job and SIGKILL to what is left after `graceMs`. */
  stop(name: SignalName, graceMs: number): void {
    const killAt = performance.now() + graceMs;
    this.killAt = Math.min(this.killAt ?? Infinity, killAt);
    this.containment.signalAll(name);
    // A stopped process takes nothing but SIGKILL until it is continued.
    this.containment.signalAll("SIGCONT");
    this.containment.resume().catch(() => {});
    clearTimeout(this.#killTimer);
    if (this.#mainEnded) return;
    this.#killTimer = setTimeout(
      () => this.#killUntilMainEnds(),
      Math.max(0, this.killAt - performance.now()),
    );
  }

  async #killUntilMainEnds(): Promise<void> {
    while (!this.#mainEnded) {
      this.#leftovers.killing();
      this.containment.killAll();
      await settlesWithin(20, this.#main);
    }
  }

  /** Stops all of it from running. @throws {WorkerError} `UNSUPPORTED` without a cgroup. */
  pause(): Promise<void> {
    return this.containment.pause();
  }

  /** Lets it run again. @throws {WorkerError} `UNSUPPORTED` without a cgroup. */
  resume(): Promise<void> {
    return this.containment.resume();
  }

  /** What the job uses now; null where the host does not count it. */
  usage(): JobUsage | null {
    return this.containment.usage();
  }

  /** True when the output has ended and nothing is left of the job. */
  nothingLeft(): boolean {
    return this.outputEnded && this.containment.isEmpty();
  }

  async #watch(): Promise<JobProcessEnd> {
    const { usage, ...end } = await this.#main;
    this.#mainEnded = true;
    if (end.code !== null || end.signal !== null) this.#mainEnd = end;
    clearTimeout(this.#killTimer);
    this.#log.stopWaiting();
    // Its own output is usually read within a moment, and then there is nothing else to look for.
    if (!this.outputEnded) await settlesWithin(50, this.output);
    if (!this.nothingLeft()) {
      this.#outlived.resolve();
      await this.#leftovers.end();
    }
    await this.closeOutput();
    // One that somebody writes to closes with the error of that write.
    if (this.stdin && !this.stdin.locked) {
      await this.stdin.abort().catch(() => {});
    }
    const known = this.containment.usage() ?? (usage && usageOfMain(usage));
    const final = known && { ...known, memoryBytes: null, pids: null };
    const outOfMemory = this.containment.ranOutOfMemory();
    await this.containment.remove();
    const leftovers = this.#leftovers.found;
    return { ...end, leftovers, usage: final, outOfMemory };
  }
}

/** What the kernel tells of a child that was reaped. */
function usageOfMain(usage: NonNullable<MainEnd["usage"]>): JobUsage {
  return {
    ...usage,
    memoryBytes: null,
    pids: null,
    readBytes: null,
    writtenBytes: null,
  };
}
