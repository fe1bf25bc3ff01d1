import type { ServiceState, ServiceStatus } from "../../api/service_status.ts";
import { counter, gauge, type Metric } from "./metric.ts";

const STATES: readonly ServiceState[] = [
  "registered",
  "running",
  "restarting",
  "stopping",
  "stopped",
  "done",
  "failed",
];

/** How the services of the daemon are. */
export function serviceMetrics(
  services: () => readonly ServiceStatus[],
): Metric[] {
  return [
    gauge("worker_service_state", {
      help:
        "1 for the state that a service of the server is in, 0 for the others.",
      collect: () =>
        services().flatMap(({ name, state }) =>
          STATES.map((each) => ({
            labels: { service: name, state: each },
            value: each === state ? 1 : 0,
          }))
        ),
    }),
    counter("worker_service_restarts_total", {
      help: "How often a service of the server failed and was started again.",
      collect: () =>
        services().map(({ name, restarts }) => ({
          labels: { service: name },
          value: restarts,
        })),
    }),
  ];
}
