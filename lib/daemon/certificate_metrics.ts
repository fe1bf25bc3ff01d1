import { X509Certificate } from "node:crypto";
import { gauge, type Metric, type Sample } from "../http/metrics/metric.ts";

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * When the certificates in these files expire, by what they are for. Of a file with several it is the
 * first of them to expire; one that can't be read has no sample.
 */
export function certificateMetrics(
  files: Readonly<Record<string, string>>,
): Metric[] {
  return [
    gauge("worker_certificate_expiry_timestamp_seconds", {
      help: "When a certificate expires, seconds since the epoch.",
      async collect() {
        const samples = await Promise.all(
          Object.entries(files).map(([kind, path]) => sample(kind, path)),
        );
        return samples.filter((sample) => sample !== null);
      },
    }),
  ];
}

async function sample(kind: string, path: string): Promise<Sample | null> {
  try {
    const pems = (await Deno.readTextFile(path)).match(PEM) ?? [];
    const ends = pems.map((pem) =>
      Date.parse(new X509Certificate(pem).validTo)
    );
    if (ends.length === 0) return null;
    return { labels: { kind }, value: Math.min(...ends) / 1000 };
  } catch {
    // Who looks after the certificates says what is wrong with them.
    return null;
  }
}
