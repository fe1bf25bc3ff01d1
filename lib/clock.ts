/** Time as everything here is timed by it; a test passes one that it turns itself. */
export interface Clock {
  /** Milliseconds since the epoch. Jumps when somebody sets the host's clock. */
  now(): number;
  /** Milliseconds since some moment. Only goes forward, whatever is set. */
  monotonic(): number;
  /** Calls `wake` once, after `ms` by the monotonic time; the answer cancels that. */
  after(ms: number, wake: () => void): () => void;
}

/** A timer of the runtime takes less than 2^31 ms and fires at once when it is given more. */
const LONGEST_TIMER_MS = 2 ** 30;

/** The host's time. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, wake) {
    let timer: ReturnType<typeof setTimeout>;
    const arm = (rest: number) => {
      const step = Math.min(Math.max(rest, 0), LONGEST_TIMER_MS);
      timer = setTimeout(() => rest > step ? arm(rest - step) : wake(), step);
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};

/** A time of the wall clock as it is written down: RFC 3339 in UTC. */
export function timestamp(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}
