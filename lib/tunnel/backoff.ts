import { type Clock, SYSTEM_CLOCK } from "../clock.ts";

export interface BackoffOptions {
  /** What each attempt adds to the next wait, in milliseconds. @default {1_000} */
  stepMs?: number;
  /** The longest wait in milliseconds. @default {8_000} */
  longestMs?: number;
  /** Without an attempt for so many milliseconds it begins anew. @default {32_000} */
  quietMs?: number;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
  /** A number in [0, 1). @default {Math.random} */
  random?: () => number;
}

/**
 * The wait after an attempt, whether it succeeded or not: 0, 1, 2 … 8 s, of which the upper half is
 * left to chance so that nodes which lost the same proxy do not come back in step.
 */
export class Backoff {
  readonly #stepMs: number;
  readonly #longestMs: number;
  readonly #quietMs: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  #attempts = 0;
  #lastAt = -Infinity;

  constructor(options: BackoffOptions = {}) {
    this.#stepMs = options.stepMs ?? 1_000;
    this.#longestMs = options.longestMs ?? 8_000;
    this.#quietMs = options.quietMs ?? 32_000;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? Math.random;
  }

  /** Milliseconds to wait after the attempt that has just ended, in [d/2, d). */
  next(): number {
    const now = this.#clock.monotonic();
    if (now - this.#lastAt >= this.#quietMs) this.#attempts = 0;
    this.#lastAt = now;
    const delay = Math.min(this.#attempts++ * this.#stepMs, this.#longestMs);
    return delay * (0.5 + this.#random() / 2);
  }

  /** Begins anew: there is a reason to expect more of the next attempt. */
  reset(): void {
    this.#attempts = 0;
  }
}
