import type { EventLoopDelay } from "../http/metrics/event_loop_delay.ts";
import type { ListenerStatistics } from "../http/metrics/listener_statistics.ts";
import {
  type AuditCounts,
  auditMetrics,
  gauge,
  jobMetrics,
  type Metric,
} from "../http/metrics/mod.ts";
import { diskSpace, reserveOf } from "../jobs/disk_budget.ts";
import { certificateMetrics } from "./certificate_metrics.ts";
import type { OwnJobs } from "./open_job_hosts.ts";
import type { Tunnels } from "./cluster/tunnels.ts";

/** What a daemon measures besides what its HTTP API does. */
export interface DaemonMetricsOptions {
  /** Null on a host that is no node. */
  own: OwnJobs | null;
  audit: AuditCounts;
  listeners: ListenerStatistics;
  eventLoop: EventLoopDelay;
  tunnels: Tunnels;
  /** Files of certificates, by what they are for, e.g. `{server: "/…/server.crt"}`. */
  certificates: Readonly<Record<string, string>>;
  stateDir: string;
  /** As in `ServeConfig`, now: a reload may change it. */
  reserve(): number | null;
}

/** The metrics of a daemon, for `AppServices.metrics`. */
export function daemonMetrics(options: DaemonMetricsOptions): Metric[] {
  const { own, listeners, eventLoop, stateDir, reserve } = options;
  return [
    ...own ? nodeMetrics(own) : [],
    gauge("worker_disk_size_bytes", {
      help: "Size of the state directory's disk.",
      collect: () => diskSpace(stateDir).total,
    }),
    gauge("worker_disk_free_bytes", {
      help: "What is free on the state directory's disk.",
      collect: () => diskSpace(stateDir).free,
    }),
    gauge("worker_disk_reserve_bytes", {
      help: "With less than this free, new jobs are refused.",
      collect: () => reserveOf(reserve(), diskSpace(stateDir)),
    }),
    ...certificateMetrics(options.certificates),
    ...listeners.metrics(),
    ...eventLoop.metrics(),
    ...auditMetrics(options.audit),
    ...options.tunnels.metrics(),
  ];
}

function nodeMetrics({ jobs, hosts }: OwnJobs): Metric[] {
  return [
    ...jobMetrics(() => jobs.statistics()),
    gauge("worker_job_host_up", {
      help: "1 when the process that owns the jobs answers, else 0.",
      collect: () => hosts.up ? 1 : 0,
    }),
  ];
}
