import type { LeaseTarget } from "./lease.ts";

/** What happens in an agent pool, for logs and metrics. */
export type AgentPoolEvent =
  | { readonly type: "dialling"; readonly target: LeaseTarget }
  /** Nothing was reached. */
  | {
    readonly type: "failed";
    readonly target: LeaseTarget;
    readonly error: unknown;
  }
  /** A proxy was reached that another agent has; nothing was sent on the connection. */
  | {
    readonly type: "taken";
    readonly target: LeaseTarget;
    readonly proxy: string;
  }
  /** A proxy was reached and its tunnel is served, so many milliseconds after the dial began. */
  | {
    readonly type: "connected";
    readonly target: LeaseTarget;
    readonly proxy: string;
    readonly ms: number;
  }
  | { readonly type: "draining"; readonly proxy: string }
  /** `reason` is null when it was closed in good order. */
  | {
    readonly type: "closed";
    readonly proxy: string;
    readonly reason: string | null;
  };
