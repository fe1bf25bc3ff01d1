import type { JobStatistics } from "../../api/job_statistics.ts";
import { byLabel, counter, gauge, type Metric } from "./metric.ts";

/** What is counted about jobs. `statistics` is asked once a scrape, and may fail. */
export function jobMetrics(
  statistics: () => Promise<JobStatistics>,
): Metric[] {
  const ask = onceATurn(statistics);
  const of =
    (pick: (now: JobStatistics) => ReturnType<typeof byLabel> | number) =>
    async () => pick(await ask());
  return [
    gauge("worker_jobs", {
      help: "Jobs on record, by state.",
      collect: of(({ states }) => byLabel("state", states)),
    }),
    counter("worker_jobs_started_total", {
      help: "Jobs whose process was started.",
      collect: of(({ started }) => started),
    }),
    counter("worker_jobs_ended_total", {
      help: "Jobs that became final, by why.",
      collect: of(({ ended }) => byLabel("reason", ended)),
    }),
    counter("worker_job_output_bytes_total", {
      help: "Bytes that jobs have printed.",
      collect: of(({ printed }) => byLabel("stream", { ...printed })),
    }),
    gauge("worker_job_cgroups", {
      help: "1 when jobs get cgroups, and so limits; else 0.",
      collect: of(({ cgroups }) => cgroups ? 1 : 0),
    }),
    gauge("worker_job_host_resident_memory_bytes", {
      help: "Resident memory of the processes that own the jobs.",
      collect: of(({ memoryBytes }) => memoryBytes),
    }),
  ];
}

/** The metrics of one scrape are collected in one turn of the event loop, and share one answer. */
function onceATurn<T>(ask: () => Promise<T>): () => Promise<T> {
  let shared: Promise<T> | null = null;
  return () => {
    if (shared === null) {
      shared = ask();
      queueMicrotask(() => shared = null);
    }
    return shared;
  };
}
