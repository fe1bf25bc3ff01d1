import type { Sample } from "./metric.ts";

/** How many of the observed values lie below each of some bounds: an addition for each value. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** How many values lie between two bounds; the last is for those above all of them. */
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds Upper bounds, ascending, without infinity. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const { length } = this.#bounds;
    let at = 0;
    while (at < length && value > this.#bounds[at]!) at++;
    this.#counts[at]!++;
    this.#sum += value;
  }

  /** How many values were observed. */
  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** The samples of a metric of type `histogram`, with these labels. */
  samples(labels: Readonly<Record<string, string>> = {}): Sample[] {
    let below = 0;
    const buckets = [...this.#bounds, Infinity].map((bound, at) => ({
      suffix: "_bucket",
      value: below += this.#counts[at]!,
      labels: { ...labels, le: bound === Infinity ? "+Inf" : String(bound) },
    }));
    return [
      ...buckets,
      { suffix: "_sum", value: this.#sum, labels },
      { suffix: "_count", value: below, labels },
    ];
  }
}
