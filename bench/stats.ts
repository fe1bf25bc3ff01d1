/** The value at quantile `q` (0 to 1) of samples, by the nearest rank. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = Math.max(0, Math.ceil(q * sorted.length) - 1);
  const value = sorted[rank];
  if (value === undefined) throw new RangeError("no samples");
  return value;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** `min 1.2, median 3.4, max 5.6 ms (30 runs)` */
export function summary(samples: readonly number[], unit: string): string {
  const [min, mid, max] = [0, 0.5, 1].map((q) => figure(quantile(samples, q)));
  return `min ${min}, median ${mid}, max ${max} ${unit} (${samples.length} runs)`;
}

/** A number with as many digits as mean something. */
export function figure(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
