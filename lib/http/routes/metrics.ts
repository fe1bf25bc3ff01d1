import { createRoute, z } from "@hono/zod-openapi";
import { authorize } from "../../access/authorize.ts";
import type { AppServices } from "../app_services.ts";
import type { App } from "../env.ts";
import type { RequestStatistics } from "../metrics/request_statistics.ts";
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

/** Metrics. What makes text of numbers loads with the first scrape. */
export function metricsRoute(
  app: App,
  services: AppServices,
  { requests }: { requests: RequestStatistics },
): void {
  const load = async () => {
    const { expose, EXPOSITION_MEDIA_TYPE, serverMetrics } = await import(
      "../metrics/mod.ts"
    );
    const all = [
      ...serverMetrics(services),
      ...requests.metrics(),
      ...await services.metrics(),
    ];
    return { type: EXPOSITION_MEDIA_TYPE, text: () => expose(all) };
  };
  let loaded: ReturnType<typeof load> | undefined;
  app.openapi(metrics, async (c) => {
    authorize(c.var.identity, "read", "metrics");
    const { type, text } = await (loaded ??= load());
    return c.body(await text(), 200, { "content-type": type }) as never;
  });
}
