/** Time as the log needs it; a test passes one that it turns itself. */
export interface AuditClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `wake` once, after `ms`; the answer cancels that. */
  after(ms: number, wake: () => void): () => void;
}

/** The host's time. Its timers do not keep a process alive. */
export const SYSTEM_CLOCK: AuditClock = {
  now: () => Date.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, ms);
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
};
