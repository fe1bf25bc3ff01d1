import { counter, type Metric } from "./metric.ts";

/** Of the audit log, as far as it is counted. */
export interface AuditCounts {
  /** Events that were recorded since the start. */
  readonly recorded: number;
  /** Events that could not be kept. */
  readonly lost: number;
}

/** What the audit log counts. */
export function auditMetrics(audit: AuditCounts): Metric[] {
  return [
    counter("worker_audit_events_total", {
      help: "Events that were recorded in the audit log.",
      collect: () => audit.recorded,
    }),
    counter("worker_audit_lost_total", {
      help: "Events that the audit log has lost, e.g. to a full disk.",
      collect: () => audit.lost,
    }),
  ];
}
