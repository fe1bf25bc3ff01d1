/** What a service of the daemon is doing. */
export type ServiceState =
  /** Not started yet. */
  | "registered"
  | "running"
  /** It failed, and runs again when its pause is over. */
  | "restarting"
  /** It was asked to stop and has not ended yet. */
  | "stopping"
  /** It ended because it was asked to. */
  | "stopped"
  /** It has done what it was for. */
  | "done"
  /** It failed and is not started again. */
  | "failed";

/** A service of the daemon, as `/readyz`, `worker doctor` and the metrics show it. */
export interface ServiceStatus {
  name: string;
  /** Its failure ends the process. */
  critical: boolean;
  state: ServiceState;
  /** RFC 3339 time since when it is in that state. */
  since: string;
  /** How often it was started again. */
  restarts: number;
  /** What it failed with last; null when it never did. */
  error: string | null;
}
