/**
 * What a server measures, for Prometheus.
 *
 * Parts count in plain numbers while they work: an addition for each request, nothing for what only
 * the kernel knows. A {@linkcode Metric} turns these into samples when `/metrics` is asked for, and
 * {@linkcode expose} into text; until the first scrape none of this is loaded. Labels have few values,
 * whatever peers send: never a path, an id or a user's name.
 *
 * A part of the server that has metrics of its own hands them over in `AppServices.metrics`.
 */
export {
  byLabel,
  type Collected,
  counter,
  gauge,
  type Metric,
  type Sample,
} from "./metric.ts";
export { expose, EXPOSITION_MEDIA_TYPE } from "./exposition.ts";
export { Histogram } from "./histogram.ts";
export { type AuditCounts, auditMetrics } from "./audit_metrics.ts";
export { jobMetrics } from "./job_metrics.ts";
export { serverMetrics } from "./server_metrics.ts";
