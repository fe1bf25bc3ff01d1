/** When and how often a service that failed is started again. */
export interface RestartPolicy {
  /**
   * Pause before the first restart, in milliseconds: long enough for a connection or a file to be
   * back after a blip, short enough that nobody notices. @default {500}
   */
  baseMs: number;
  /** What each further failure multiplies the pause by. @default {2} */
  factor: number;
  /**
   * Longest pause in milliseconds: somebody who mended the cause should not have to wait much
   * longer than that for the service. @default {30_000}
   */
  maxMs: number;
  /**
   * How much of the pause is left to chance: `half` is [d/2, d), `full` is [0, d). Several services
   * that failed by one cause should not come back in one moment; half of the pause is kept so that
   * a service never spins. @default {"half"}
   */
  jitter: "none" | "half" | "full";
  /**
   * A run that lasted so many milliseconds makes up for the failures before it: the next pause is
   * `baseMs` again. Twice the longest pause, so that it was up for longer than down.
   * @default {60_000}
   */
  quietMs: number;
  /**
   * Restarts within `windowMs`; one more failure and the service stays `failed`. What failed ten
   * times in ten minutes does not get well by being started again, and a state that lasts is seen.
   * `Infinity` never gives up. @default {10}
   */
  limit: number;
  /** The sliding window of `limit`, in milliseconds. @default {600_000} */
  windowMs: number;
}

/** The policy of a service that names none. */
export const DEFAULT_RESTART_POLICY: Readonly<RestartPolicy> = Object.freeze({
  baseMs: 500,
  factor: 2,
  maxMs: 30_000,
  jitter: "half",
  quietMs: 60_000,
  limit: 10,
  windowMs: 600_000,
});
