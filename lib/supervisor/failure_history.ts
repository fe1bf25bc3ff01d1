import type { RestartPolicy } from "./restart_policy.ts";

/** What follows from a failure. */
export type Decision =
  | { type: "restart"; delayMs: number }
  /** The limit of restarts in the window is reached. */
  | { type: "give_up" };

/** The failures of one service, and what its policy makes of the next. */
export class FailureHistory {
  readonly #policy: RestartPolicy;
  readonly #random: () => number;
  /** Failures that no quiet run has made up for. */
  #failures = 0;
  /** Monotonic times of the restarts within the window. */
  #restarts: number[] = [];

  /** `random` gives numbers in [0, 1). */
  constructor(policy: RestartPolicy, random: () => number) {
    this.#policy = policy;
    this.#random = random;
  }

  /** Decides about a failure at the monotonic time `at`, in ms, of a run that lasted `ranMs`. */
  fail(at: number, ranMs: number): Decision {
    const { quietMs, limit, windowMs } = this.#policy;
    if (ranMs >= quietMs) this.#failures = 0;
    this.#restarts = this.#restarts.filter((then) => at - then < windowMs);
    if (this.#restarts.length >= limit) return { type: "give_up" };
    const delayMs = this.#delay(this.#failures++);
    this.#restarts.push(at);
    return { type: "restart", delayMs };
  }

  #delay(failuresBefore: number): number {
    const { baseMs, factor, maxMs, jitter } = this.#policy;
    const full = Math.min(maxMs, baseMs * factor ** failuresBefore);
    switch (jitter) {
      case "none":
        return full;
      case "half":
        return full / 2 + this.#random() * full / 2;
      case "full":
        return this.#random() * full;
    }
  }
}
