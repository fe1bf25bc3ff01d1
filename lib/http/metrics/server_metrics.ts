import type { AppServices } from "../app_services.ts";
import { gauge, type Metric } from "./metric.ts";
import { processMetrics } from "./process_metrics.ts";
import { serviceMetrics } from "./service_metrics.ts";

/** What can be said of any server. */
export function serverMetrics(
  { version, unready, connections, services }: Pick<
    AppServices,
    "version" | "unready" | "connections" | "services"
  >,
): Metric[] {
  return [
    gauge("worker_build_info", {
      help: "Always 1; the labels say what runs.",
      collect: () => [{
        labels: { version, runtime: `deno ${Deno.version.deno}` },
        value: 1,
      }],
    }),
    gauge("worker_ready", {
      help: "1 when the server takes jobs, else 0.",
      collect: () => unready() === null ? 1 : 0,
    }),
    gauge("worker_connections", {
      help: "Open TLS connections.",
      collect: connections,
    }),
    ...serviceMetrics(services),
    ...processMetrics(),
  ];
}
