import type { Leftover } from "../api/job.ts";
import type { SignalName } from "../api/signals.ts";
import { kill } from "./kill.ts";
import { type Launch, launchProcess } from "./launcher.ts";
import { type EndTimes, Leftovers } from "./leftovers.ts";
import type { OutputLog } from "./output_log.ts";
import { OutputPump } from "./output_pump.ts";
import { type ProcessStat, readStat } from "./proc.ts";
import { endOf, type ProcessEnd } from "./process_end.ts";
import { processesOf } from "./process_tree.ts";
import type { Subreaper } from "./subreaper.ts";
import { settlesWithin } from "./wait.ts";

/** What is known when all of a job has ended. */
export interface JobProcessEnd extends ProcessEnd {
  leftovers: Leftover[];
}

export interface JobProcessOptions {
  jobId: string;
  log: OutputLog;
  /** Null when this process is no subreaper: orphans are then found by session and environment. */
  subreaper: Subreaper | null;
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
  readonly ended: Promise<JobProcessEnd>;
  /** Resolves when both pipes are at their end. */
  readonly output: Promise<unknown>;
  /** When everything gets SIGKILL, ms since the epoch; null while nobody asked for a stop. */
  killAt: number | null = null;

  readonly #options: JobProcessOptions;
  readonly #pumps: OutputPump[];
  #killTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #mainEnd: Promise<ProcessEnd>;
  #mainEnded = false;

  /** Starts it. @throws {WorkerError} as `launchProcess` does. */
  constructor(launch: Launch, options: JobProcessOptions) {
    this.#options = options;
    const child = launchProcess(launch);
    this.pid = child.pid;
    this.stdin = launch.stdin === "piped" ? child.stdin : null;
    const { log } = options;
    this.#pumps = [
      new OutputPump(child.stdout, { log, stream: "stdout" }),
      new OutputPump(child.stderr, { log, stream: "stderr" }),
    ];
    this.output = Promise.all(this.#pumps.map((pump) => pump.done));
    this.#mainEnd = endOf(child);
    this.ended = this.#watch();
  }

  /**
   * Clock ticks after boot when it started; null once it has ended. Not for its first moment: the
   * kernel lets nobody look while it executes the program.
   */
  startTime(): number | null {
    return this.#mainEnded ? null : readStat(this.pid)?.startTime ?? null;
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
    // In its first moment the process has not made its group yet; its pid is its own until it ends.
    return kill(-this.pid, name) || (!this.#mainEnded && kill(this.pid, name));
  }

  /** Sends `name` to every process of the job and SIGKILL to what is left after `graceMs`. */
  stop(name: SignalName, graceMs: number): void {
    this.killAt = Math.min(this.killAt ?? Infinity, Date.now() + graceMs);
    const members = this.members();
    this.signal(name);
    for (const { pid, group } of members) {
      if (group !== this.pid) kill(pid, name);
    }
    // A stopped process takes nothing but SIGKILL until it is continued.
    this.signal("SIGCONT");
    clearTimeout(this.#killTimer);
    if (this.#mainEnded) return;
    this.#killTimer = setTimeout(
      () => this.#killUntilMainEnds(),
      Math.max(0, this.killAt - Date.now()),
    );
  }

  async #killUntilMainEnds(): Promise<void> {
    while (!this.#mainEnded) {
      this.signal("SIGKILL");
      for (const { pid } of this.members()) kill(pid, "SIGKILL");
      await settlesWithin(20, this.#mainEnd);
    }
  }

  /** The job's living processes, by a look at every process of the host. */
  members(): ProcessStat[] {
    const { jobId, subreaper } = this.#options;
    return processesOf({
      jobId,
      leader: this.pid,
      contained: subreaper !== null,
    });
  }

  /** The cheap and usual answer once the main process has ended: without orphans, nothing is. */
  nothingLeft(): boolean {
    const { subreaper } = this.#options;
    if (!this.outputEnded) return false;
    return subreaper ? subreaper.orphans().length === 0 : !kill(-this.pid, 0);
  }

  async #watch(): Promise<JobProcessEnd> {
    const end = await this.#mainEnd;
    this.#mainEnded = true;
    clearTimeout(this.#killTimer);
    this.#options.log.stopWaiting();
    // Its own output is usually read within a moment, and then there is nothing else to look for.
    if (!this.outputEnded) await settlesWithin(50, this.output);
    const leftovers = this.nothingLeft()
      ? []
      : await new Leftovers(this, this.#options.times).end();
    await this.closeOutput();
    // One that somebody writes to closes with the error of that write.
    if (this.stdin && !this.stdin.locked) {
      await this.stdin.abort().catch(() => {});
    }
    return { ...end, leftovers };
  }
}
