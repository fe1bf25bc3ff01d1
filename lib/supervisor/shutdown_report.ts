/** A service that has not ended by the deadline of the shutdown. */
export interface HungService {
  service: string;
  /**
   * Services that need it and have not ended, so that it was asked to stop only at the deadline;
   * empty when it was asked in time and did not end.
   */
  behind: readonly string[];
}

/** An exit handler that threw, or had not ended by its deadline. */
export type FailedExitHandler =
  | { handler: string; type: "threw"; error: unknown }
  | { handler: string; type: "hung"; deadlineMs: number };

/** How a shutdown went. */
export interface ShutdownReport {
  /** No service was interrupted: it was graceful to its end. */
  graceful: boolean;
  /** How long it took, in milliseconds. */
  tookMs: number;
  /** Services that were given up, in order of registration. */
  hung: readonly HungService[];
  /** In the order in which they ran. */
  failedExitHandlers: readonly FailedExitHandler[];
}
