import { WorkerError } from "../api/errors.ts";

export interface PatienceOptions {
  /** Milliseconds without any success after which it gives up. @default {60_000} */
  limit?: number;
  /** Milliseconds that each further failure adds to the delay. @default {75} */
  step?: number;
  /** The longest delay in milliseconds. @default {4_000} */
  longest?: number;
  /** Milliseconds of a clock that never goes back. */
  now?: () => number;
  /** A number in [0, 1). */
  random?: () => number;
}

/**
 * Decides what follows a failed attempt: wait a little and try again, or give up.
 *
 * The delay grows linearly and is drawn from its upper half, so that clients that lost the same
 * server do not come back in step. The first retry after a success is immediate.
 */
export class Patience {
  readonly #limit: number;
  readonly #step: number;
  readonly #longest: number;
  readonly #now: () => number;
  readonly #random: () => number;
  #failures = 0;
  #failingSince: number | null = null;

  constructor(options: PatienceOptions = {}) {
    this.#limit = options.limit ?? 60_000;
    this.#step = options.step ?? 75;
    this.#longest = options.longest ?? 4_000;
    this.#now = options.now ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
  }

  /** Notes that the server was reached: bytes came. */
  succeeded(): void {
    this.#failures = 0;
    this.#failingSince = null;
  }

  /**
   * Milliseconds to wait before the next attempt.
   *
   * @throws what failed, when trying again is of no use or has taken too long.
   */
  failed(error: unknown): number {
    if (!isPassing(error)) throw error;
    this.#failingSince ??= this.#now();
    if (this.#now() - this.#failingSince >= this.#limit) throw error;
    const delay = Math.min(this.#failures++ * this.#step, this.#longest);
    return delay * (0.5 + this.#random() / 2);
  }
}

/** A busy or unreachable server may answer later; a refusal stays one. */
function isPassing(error: unknown): boolean {
  return error instanceof WorkerError &&
    (error.code === "UNAVAILABLE" || error.code === "RESOURCE_EXHAUSTED");
}
