import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { retiredFileOf, socketOf } from "./host_paths.ts";
import { PidLock } from "./pid_lock.ts";

const logger = getLogger(["worker", "jobhost"]);

/** What a job host that was replaced writes down, and keeps locked for as long as it lives. */
interface RetiredFile {
  pid: number;
  /** Jobs that were not final when it was replaced: they are its own until it ends. */
  jobs: readonly string[];
}

/**
 * Says which jobs this process keeps to itself while its successor has all others. The kernel drops
 * the lock with the process, so that nobody needs to trust a pid.
 */
export function writeRetiredFile(
  run: string,
  jobs: readonly string[],
): PidLock {
  const path = retiredFileOf(run, Deno.pid);
  const lock = PidLock.take(path);
  if (lock === null) throw new Error(`"${path}" is locked by another process`);
  lock.write(JSON.stringify({ pid: Deno.pid, jobs } satisfies RetiredFile));
  return lock;
}

/** The job hosts that were replaced by this one or by an earlier one, and still have jobs. */
export class RetiredHosts {
  readonly #run: string;
  readonly #living = new Map<string, RetiredFile>();

  /** Reads the folder once: a job host retires before its successor starts, never later. */
  constructor(run: string) {
    this.#run = run;
    for (const { name } of Deno.readDirSync(run)) {
      if (!/^jobhost\.\d+\.json$/.test(name)) continue;
      const path = join(run, name);
      const file = read(path);
      if (file === null || !PidLock.isHeld(path)) this.#forget(path, file);
      else this.#living.set(path, file);
    }
  }

  /** Whether a job belongs to one of them. */
  owns(id: string): boolean {
    return this.#living.values().some(({ jobs }) => jobs.includes(id));
  }

  /** Where they answer. */
  get sockets(): string[] {
    return Array.from(
      this.#living.values(),
      ({ pid }) => socketOf(this.#run, pid),
    );
  }

  /** The jobs of those that have ended since the last look. */
  released(): string[] {
    const released: string[] = [];
    for (const [path, file] of this.#living) {
      if (PidLock.isHeld(path)) continue;
      this.#living.delete(path);
      this.#forget(path, file);
      released.push(...file.jobs);
    }
    return released;
  }

  #forget(path: string, file: RetiredFile | null): void {
    logger.info`a job host that was replaced has ended: ${path}`;
    remove(path);
    if (file !== null) remove(socketOf(this.#run, file.pid));
  }
}

function read(path: string): RetiredFile | null {
  try {
    const { pid, jobs } = JSON.parse(Deno.readTextFileSync(path));
    return Number.isInteger(pid) && Array.isArray(jobs) ? { pid, jobs } : null;
  } catch (error) {
    // It died while it wrote: its jobs are for its successor to adopt.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
