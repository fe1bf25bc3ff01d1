import type { Leftover } from "../api/job.ts";
import type { SignalName } from "../api/signals.ts";
import { type Launch, launchProcess } from "./launcher.ts";
import type { OutputLog } from "./output_log.ts";
import { OutputPump } from "./output_pump.ts";
import {
  openPipes,
  outputPipes,
  type ProcessStat,
  readArgv,
  readStat,
  snapshot,
} from "./proc.ts";
import { endOf, type ProcessEnd } from "./process_end.ts";
import { descendsFromUs, processesOf } from "./process_tree.ts";
import type { Subreaper } from "./subreaper.ts";
import { delay, settlesWithin } from "./wait.ts";

/** How long the end of a job may take, in ms. */
export interface EndTimes {
  /** For processes that hold the output when the main process has ended. @default {5_000} */
  drain: number;
  /** Between SIGTERM and SIGKILL for those that are left then. @default {2_000} */
  leftoverGrace: number;
  /** For SIGKILL to take effect, before a process is called a survivor. @default {5_000} */
  kill: number;
}

export const DEFAULT_END_TIMES: EndTimes = {
  drain: 5_000,
  leftoverGrace: 2_000,
  kill: 5_000,
};

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
  /** Clock ticks after boot when it started; 0 when it had ended before one could look. */
  readonly startTime: number;
  readonly stdin: WritableStream<Uint8Array> | null;
  readonly ended: Promise<JobProcessEnd>;

  readonly #options: JobProcessOptions;
  readonly #pumps: OutputPump[];
  readonly #pipes: Set<string>;
  readonly #leftovers = new Map<number, Leftover>();
  /** When everything gets SIGKILL, ms since the epoch; null while nobody asked for a stop. */
  #killAt: number | null = null;
  #killTimer: ReturnType<typeof setTimeout> | undefined;
  #mainEnded = false;

  /** Starts it. @throws {WorkerError} as `launchProcess` does. */
  constructor(launch: Launch, options: JobProcessOptions) {
    this.#options = options;
    const child = launchProcess(launch);
    this.pid = child.pid;
    this.startTime = readStat(child.pid)?.startTime ?? 0;
    this.#pipes = outputPipes(child.pid);
    this.stdin = launch.stdin === "piped" ? child.stdin : null;
    const { log } = options;
    this.#pumps = [
      new OutputPump(child.stdout, { log, stream: "stdout" }),
      new OutputPump(child.stderr, { log, stream: "stderr" }),
    ];
    this.ended = this.#watch(child);
  }

  /** Sends a signal to the job's process group; false when it has ended. */
  signal(name: SignalName): boolean {
    return kill(-this.pid, name);
  }

  /** Sends `name` to every process of the job and SIGKILL to what is left after `graceMs`. */
  stop(name: SignalName, graceMs: number): void {
    this.#killAt = Math.min(this.#killAt ?? Infinity, Date.now() + graceMs);
    const members = this.#members();
    this.signal(name);
    for (const { pid, group } of members) {
      if (group !== this.pid) kill(pid, name);
    }
    // A stopped process takes nothing but SIGKILL until it is continued.
    if (members.some(({ state }) => state === "T")) this.signal("SIGCONT");
    clearTimeout(this.#killTimer);
    if (this.#mainEnded) return;
    this.#killTimer = setTimeout(
      () => this.#killUntilMainEnds(),
      this.#killAt - Date.now(),
    );
  }

  async #killUntilMainEnds(): Promise<void> {
    while (!this.#mainEnded) {
      this.signal("SIGKILL");
      for (const { pid } of this.#members()) kill(pid, "SIGKILL");
      await delay(20);
    }
  }

  async #watch(child: Deno.ChildProcess): Promise<JobProcessEnd> {
    const end = await endOf(child);
    this.#mainEnded = true;
    clearTimeout(this.#killTimer);
    // Its own output is usually read within a moment, and then there is nothing else to look for.
    if (!this.#pumpsFinished) await settlesWithin(50, this.#pumped());
    if (!this.#nothingLeft()) await this.#endLeftovers();
    await Promise.all(this.#pumps.map((pump) => pump.cancel()));
    return { ...end, leftovers: [...this.#leftovers.values()] };
  }

  #pumped(): Promise<unknown> {
    return Promise.all(this.#pumps.map((pump) => pump.done));
  }

  /** The main process has ended: lets the others drain, then terminates, then kills them. */
  async #endLeftovers(): Promise<void> {
    const { drain, leftoverGrace, kill: killTime } = this.#options.times;
    const holdsOutput = (left: ProcessStat[]) =>
      left.some(({ pid }) => this.#leftovers.get(pid)?.heldOutput);
    const open = () => this.#killAt === null;
    await this.#waitWhile(
      (left) => open() && holdsOutput(left),
      drain,
      "exited",
    );
    if (this.#left().length > 0) {
      if (open()) this.stop("SIGTERM", leftoverGrace);
      await this.#waitWhile(
        () => Date.now() < this.#killAt!,
        Infinity,
        "terminated",
      );
      await this.#waitWhile(
        (left) => {
          for (const { pid } of left) kill(pid, "SIGKILL");
          return true;
        },
        killTime,
        "killed",
      );
    }
    if (!this.#pumpsFinished && !await settlesWithin(1_000, this.#pumped())) {
      this.#nameHolders();
    }
  }

  /**
   * Looks again and again until nothing is left, `goOn` is false, or the time is up. What is gone
   * by then ended as `end` says.
   */
  async #waitWhile(
    goOn: (left: ProcessStat[]) => boolean,
    timeoutMs: number,
    end: Leftover["end"],
  ): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    let pause = 5;
    while (true) {
      const left = this.#left();
      for (const leftover of this.#leftovers.values()) {
        if (
          leftover.end !== "survived" ||
          left.some(({ pid }) => pid === leftover.pid)
        ) continue;
        leftover.end = end;
      }
      const waitsForPipes = left.length === 0 && !this.#pumpsFinished &&
        this.#killAt === null;
      if (left.length === 0 && !waitsForPipes) return;
      if (left.length > 0 && !goOn(left)) return;
      if (Date.now() >= deadline) return;
      await (waitsForPipes
        ? settlesWithin(pause, this.#pumped())
        : delay(pause));
      pause = Math.min(2 * pause, 100);
    }
  }

  get #pumpsFinished(): boolean {
    return this.#pumps.every((pump) => pump.finished);
  }

  /** Living processes of the job now that its main process has ended; each is put on record. */
  #left(): ProcessStat[] {
    if (this.#nothingLeft()) return [];
    const left = this.#members();
    if (left.length === 0 && !this.#pumpsFinished) {
      left.push(...this.#holders(descendsFromUs));
    }
    for (const { pid } of left) this.#record(pid);
    return left;
  }

  #record(pid: number): void {
    if (this.#leftovers.has(pid)) return;
    const heldOutput = this.#holdsOutput(pid);
    this.#leftovers.set(pid, {
      pid,
      argv: readArgv(pid),
      heldOutput,
      end: "survived",
    });
  }

  /** A process that got the pipe from the job and is none of it: named, never killed. */
  #nameHolders(): void {
    for (const { pid } of this.#holders(() => true)) this.#record(pid);
  }

  /** The cheap and usual answer: no process can be left when there are no orphans. */
  #nothingLeft(): boolean {
    const { subreaper } = this.#options;
    if (subreaper) {
      return this.#pumpsFinished && subreaper.orphans().length === 0;
    }
    return this.#pumpsFinished && !kill(-this.pid, 0);
  }

  #members(): ProcessStat[] {
    const { jobId, subreaper } = this.#options;
    return processesOf({
      jobId,
      leader: this.pid,
      contained: subreaper !== null,
    });
  }

  /** Who has a pipe of the job open, whatever else ties it to the job. */
  #holders(
    fits: (stat: ProcessStat, all: Map<number, ProcessStat>) => boolean,
  ): ProcessStat[] {
    const all = snapshot();
    return [...all.values()].filter((stat) =>
      stat.pid !== Deno.pid && fits(stat, all) && this.#holdsOutput(stat.pid)
    );
  }

  #holdsOutput(pid: number): boolean {
    return this.#pipes.size > 0 && !openPipes(pid).isDisjointFrom(this.#pipes);
  }
}

function kill(pid: number, signal: SignalName | 0): boolean {
  try {
    // Deno's types leave out 0, which asks only whether there is such a process.
    Deno.kill(pid, signal as Deno.Signal);
    return true;
  } catch {
    return false;
  }
}
