import { getLogger } from "@logtape/logtape";
import type { Collected, Metric, Sample } from "./metric.ts";

const logger = getLogger(["worker", "http"]);

/** What {@linkcode expose} writes: the text format of Prometheus. */
export const EXPOSITION_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** A scrape gives up after ten seconds; this leaves it the other metrics. */
const PATIENCE_MS = 2_000;

/** Options of {@linkcode expose}. */
export interface ExposeOptions {
  /** How long a metric may take, ms; one that takes longer is left out. @default {2_000} */
  patience?: number;
}

/**
 * All metrics as text. One that fails, or takes too long because the process it asks hangs, is left
 * out: the others are needed most in such a moment.
 */
export async function expose(
  metrics: readonly Metric[],
  { patience = PATIENCE_MS }: ExposeOptions = {},
): Promise<string> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), patience);
  try {
    const blocks = await Promise.all(
      metrics.map((metric) => block(metric, late.promise)),
    );
    return blocks.join("");
  } finally {
    clearTimeout(timer);
  }
}

async function block(metric: Metric, late: Promise<null>): Promise<string> {
  const { name, help, type } = metric;
  const lines = samplesOf(await collect(metric, late)).map((
    { value, labels = {}, suffix = "" },
  ) => `${name}${suffix}${labelText(labels)} ${numberText(value)}\n`);
  if (lines.length === 0) return "";
  const head = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
  return head + lines.join("");
}

async function collect(
  { name, collect }: Metric,
  late: Promise<null>,
): Promise<Collected> {
  try {
    return await Promise.race([collect(), late]);
  } catch (error) {
    logger.debug`metric ${name} is left out: ${(error as Error).message}`;
    return null;
  }
}

function samplesOf(collected: Collected): Sample[] {
  if (collected === null) return [];
  return typeof collected === "number"
    ? [{ value: collected }]
    : [...collected];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${name}="${escaped(value).replaceAll('"', '\\"')}"`
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
