import { createRoute, z } from "@hono/zod-openapi";
import type { App, AppServices } from "../env.ts";
import { errorResponses } from "../schemas.ts";

const metrics = createRoute({
  method: "get",
  path: "/metrics",
  summary: "Metrics for Prometheus",
  responses: {
    200: {
      description: "The text exposition format.",
      content: { "text/plain": { schema: z.string() } },
    },
    ...errorResponses,
  },
});

/** Metrics. Everything is read when it is asked for, so the library loads with the first scrape. */
export function metricsRoute(app: App, services: AppServices): void {
  let registry: Promise<import("prom-client").Registry> | undefined;
  app.openapi(metrics, async (c) => {
    const { contentType, metrics } =
      await (registry ??= createRegistry(services)).then(
        async (ready) => ({
          contentType: ready.contentType,
          metrics: await ready.metrics(),
        }),
      );
    return c.body(metrics, 200, { "content-type": contentType }) as never;
  });
}

async function createRegistry({ jobs, version, connections }: AppServices) {
  const { Gauge, Registry } = (await import("prom-client")).default;
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: "worker_build_info",
    help: "Always 1; the version is a label.",
    labelNames: ["version"],
    registers,
  }).set({ version }, 1);
  new Gauge({
    name: "worker_jobs",
    help: "Jobs on record, by state.",
    labelNames: ["state"],
    registers,
    async collect() {
      this.reset();
      for (const { state } of await jobs.list()) this.inc({ state });
    },
  });
  new Gauge({
    name: "worker_connections",
    help: "Open TLS connections.",
    registers,
    collect() {
      this.set(connections());
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory of the server.",
    registers,
    collect() {
      this.set(Deno.memoryUsage().rss);
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "Start of the server, seconds since the epoch.",
    registers,
  }).set(performance.timeOrigin / 1000);
  return registry;
}
