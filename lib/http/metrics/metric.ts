/** One line of a {@linkcode Metric}. */
export interface Sample {
  value: number;
  /** Few values each: a series is kept for every combination. @default {{}} */
  labels?: Readonly<Record<string, string>>;
  /** What follows the metric's name, e.g. `_bucket` of a histogram. @default {""} */
  suffix?: string;
}

/**
 * Something that is measured. Nothing is kept for it: who counts, counts in plain numbers, and the
 * samples are made when somebody asks for them.
 *
 * Names follow Prometheus: `worker_` or `process_` first, the base unit last (`_seconds`, `_bytes`),
 * after it `_total` for a counter.
 */
export interface Metric {
  name: string;
  /** A sentence for people. */
  help: string;
  type: "counter" | "gauge" | "histogram";
  /** The samples now: a number when there are no labels, null when it is not known. */
  collect(): Collected | Promise<Collected>;
}

/** What {@linkcode Metric.collect} answers. */
export type Collected = number | null | Iterable<Sample>;

/** A metric whose value goes up and down. */
export function gauge(
  name: string,
  rest: Omit<Metric, "name" | "type">,
): Metric {
  return { name, type: "gauge", ...rest };
}

/** A metric whose value only grows while the process lives. */
export function counter(
  name: string,
  rest: Omit<Metric, "name" | "type">,
): Metric {
  return { name, type: "counter", ...rest };
}

/** A sample for each entry, the key as the value of one label. */
export function byLabel(
  label: string,
  values: Readonly<Record<string, number>>,
): Sample[] {
  return Object.entries(values).map(([key, value]) => ({
    value,
    labels: { [label]: key },
  }));
}
