import { Histogram } from "./histogram.ts";
import { counter, gauge, type Metric } from "./metric.ts";

/** Upper bounds of durations, seconds: from a health check to a call that waits for a job. */
const DURATION_BOUNDS = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 30],
];

/** A request as it is counted. All three have few values, whatever clients send. */
export interface CountedRequest {
  /** The pattern of the route, e.g. `/v1/jobs/{id}`; `other` when there is none. */
  route: string;
  method: string;
  /** Class of the status, e.g. `2xx`. */
  status: string;
}

interface Series {
  labels: Readonly<Record<string, string>>;
  durations: Histogram;
}

/** Counts requests: by route, method and class of the status. */
export class RequestStatistics {
  readonly #series = new Map<string, Series>();
  readonly #open = new Map<string, number>();

  /** A request was answered, or the head of its answer was sent, after so many seconds. */
  answered({ route, method, status }: CountedRequest, seconds: number): void {
    const key = `${method} ${status} ${route}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const durations = new Histogram(DURATION_BOUNDS);
      series = { labels: { route, method, status }, durations };
      this.#series.set(key, series);
    }
    series.durations.observe(seconds);
  }

  /** An answer of that route began that goes on; call what this gives at its end. */
  streaming(route: string): () => void {
    this.#open.set(route, (this.#open.get(route) ?? 0) + 1);
    return () => void this.#open.set(route, this.#open.get(route)! - 1);
  }

  /** What was counted so far. */
  metrics(): Metric[] {
    return [
      counter("worker_http_requests_total", {
        help: "Requests answered, by route, method and class of the status.",
        collect: () =>
          this.#series.values().map(({ labels, durations }) => ({
            labels,
            value: durations.count,
          })),
      }),
      {
        name: "worker_http_request_duration_seconds",
        help:
          "From a request's head to the head of its answer, waits that were asked for included.",
        type: "histogram",
        collect: () =>
          this.#series.values().flatMap(({ labels, durations }) =>
            durations.samples(labels)
          ),
      },
      gauge("worker_http_streams", {
        help:
          "Answers that are being streamed, by route: those who follow output and watch jobs.",
        collect: () =>
          this.#open.entries().map(([route, value]) => ({
            labels: { route },
            value,
          })),
      }),
    ];
  }
}
