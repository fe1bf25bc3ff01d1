import type { Leftover } from "../api/job.ts";
import type { JobProcess } from "./job_process.ts";
import { kill } from "./kill.ts";
import { outputPipes, type ProcessStat, readArgv, snapshot } from "./proc.ts";
import { descendsFromUs } from "./process_tree.ts";
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

/** What {@linkcode EndTimes} are when nothing else is asked for. */
export const DEFAULT_END_TIMES: EndTimes = {
  drain: 5_000,
  leftoverGrace: 2_000,
  kill: 5_000,
};

/**
 * Ends what a job's main process has left behind, and keeps the record of it. Those that hold the
 * output get time to end by themselves, so that nothing they still print is lost; then SIGTERM,
 * then SIGKILL until none is left.
 */
export class Leftovers {
  readonly #job: JobProcess;
  readonly #times: EndTimes;
  readonly #pipes: ReadonlySet<string>;
  readonly #seen = new Map<number, Leftover>();

  constructor(job: JobProcess, times: EndTimes) {
    this.#job = job;
    this.#times = times;
    this.#pipes = new Set(Object.values(job.pipes));
  }

  /** What was found so far, by whatever end. */
  get found(): Leftover[] {
    return [...this.#seen.values()];
  }

  /** Puts on record what SIGKILL is about to end besides the main process. */
  killing(): void {
    for (const { pid } of this.#job.containment.members()) {
      if (pid === this.#job.pid) continue;
      this.#record(pid);
      this.#seen.get(pid)!.end = "killed";
    }
  }

  /** Resolves when nothing is left, or what survived is known. */
  async end(): Promise<void> {
    const job = this.#job;
    const drains = (left: ProcessStat[]) =>
      job.killAt === null &&
      left.some(({ pid }) => this.#seen.get(pid)?.heldOutput);
    await this.#waitWhile(drains, {
      timeoutMs: this.#times.drain,
      end: "exited",
    });
    const left = this.#left();
    this.#markGone(left, "exited");
    if (left.length > 0) {
      if (job.killAt === null) job.stop("SIGTERM", this.#times.leftoverGrace);
      const graceful = () => performance.now() < job.killAt!;
      await this.#waitWhile(graceful, {
        timeoutMs: Infinity,
        end: "terminated",
      });
      await this.#killAll();
    }
    if (!job.outputEnded && !await settlesWithin(1_000, job.output)) {
      await this.#endHolders();
    }
  }

  #killAll(): Promise<void> {
    const killThem = () => {
      this.#job.containment.killAll();
      return true;
    };
    return this.#waitWhile(killThem, {
      timeoutMs: this.#times.kill,
      end: "killed",
    });
  }

  /**
   * Looks again and again until nothing is left and the output has ended, `goOn` is false, or the
   * time is up. What is gone by then ended as `end` says.
   */
  async #waitWhile(
    goOn: (left: ProcessStat[]) => boolean,
    { timeoutMs, end }: { timeoutMs: number; end: Leftover["end"] },
  ): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (let pause = 5; true; pause = Math.min(2 * pause, 100)) {
      const left = this.#left();
      this.#markGone(left, end);
      // Nobody of the job is there and its pipes are open: somebody else holds them.
      const held = left.length === 0 && !this.#job.outputEnded &&
        this.#job.killAt === null;
      if (left.length === 0 ? !held : !goOn(left)) return;
      if (performance.now() >= deadline) return;
      await (held ? settlesWithin(pause, this.#job.output) : delay(pause));
    }
  }

  #markGone(left: ProcessStat[], end: Leftover["end"]): void {
    for (const leftover of this.#seen.values()) {
      if (leftover.end !== "survived") continue;
      if (!left.some(({ pid }) => pid === leftover.pid)) leftover.end = end;
    }
  }

  /** Living processes of the job; each is put on record. */
  #left(): ProcessStat[] {
    if (this.#job.nothingLeft()) return [];
    const left = this.#job.containment.members();
    for (const { pid } of left) this.#record(pid);
    return left;
  }

  #record(pid: number): void {
    if (this.#seen.has(pid)) return;
    this.#seen.set(pid, {
      pid,
      argv: readArgv(pid),
      heldOutput: !outputPipes(pid).isDisjointFrom(this.#pipes),
      end: "survived",
    });
  }

  /**
   * Closes pipes that somebody holds whom nothing else ties to the job. A holder that descends from
   * this process escaped from the job and is killed; any other one is named.
   */
  async #endHolders(): Promise<void> {
    await this.#job.closeOutput();
    const all = snapshot();
    for (const stat of all.values()) {
      if (stat.pid === Deno.pid) continue;
      if (outputPipes(stat.pid).isDisjointFrom(this.#pipes)) continue;
      this.#record(stat.pid);
      if (!descendsFromUs(stat, all) || !kill(stat.pid, "SIGKILL")) continue;
      this.#seen.get(stat.pid)!.end = "killed";
    }
  }
}
