import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { hostPaths } from "./host_paths.ts";
import { PidLock } from "./pid_lock.ts";

const logger = getLogger(["worker", "daemon"]);

/** A job host that ended right after its start is started again after this long, growing. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** One that lived this long has not ended right after its start. */
const STABLE_MS = 1_000;

/** Options of a {@linkcode HostStarter}. */
export interface HostStarterOptions {
  stateDir: string;
  /** Starts a job host; resolves with its exit code when it has ended. */
  launch: () => Promise<number>;
  /** Milliseconds of a clock that never goes back. @default {performance.now} */
  now?: () => number;
}

/**
 * Starts the job host of a state directory when none has the lock: one at a time, and after one that
 * ended at once the next one a little later.
 */
export class HostStarter {
  readonly #options: HostStarterOptions;
  readonly #now: () => number;
  readonly #lock: string;
  readonly #log: string;
  /** The one that was started and has not taken the lock yet. */
  #starting: Promise<number> | null = null;
  #pause = FIRST_PAUSE_MS;
  #notBefore = -Infinity;

  constructor(options: HostStarterOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    const { run, lock } = hostPaths(options.stateDir);
    this.#lock = lock;
    this.#log = join(run, "jobhost.log");
  }

  /** Looks whether one has to be started, and starts it; to be called again and again. */
  look(): void {
    if (PidLock.isHeld(this.#lock)) {
      // From now on it is one that runs: when it retires, another one is started beside it.
      this.#starting = null;
      return;
    }
    if (this.#starting !== null || this.#now() < this.#notBefore) return;
    const startedAt = this.#now();
    const starting = this.#starting = this.#options.launch().catch((error) => {
      logger.error`cannot start a job host: ${error}`;
      return 127;
    });
    starting.then((code) => this.#ended(starting, { code, startedAt }));
  }

  /** One has answered: however it ends, the next one need not wait for long. */
  succeeded(): void {
    this.#starting = null;
    this.#pause = FIRST_PAUSE_MS;
  }

  #ended(
    starting: Promise<number>,
    { code, startedAt }: { code: number; startedAt: number },
  ): void {
    if (this.#starting === starting) this.#starting = null;
    if (this.#now() - startedAt >= STABLE_MS) {
      this.#pause = FIRST_PAUSE_MS;
      return;
    }
    // Another one may have been faster, which is none the worse.
    if (code !== 0) {
      logger
        .error`a job host ended with ${code} right after its start: see ${this.#log}`;
    }
    this.#notBefore = this.#now() + this.#pause;
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }
}
