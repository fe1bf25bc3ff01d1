import type { ServiceStatus } from "../../lib/api/service_status.ts";
import { type Finding, finding } from "./finding.ts";

/** How the services of a server are: a line for all that are well, one for each that is not. */
export function* examineServices(
  services: readonly ServiceStatus[],
): Generator<Finding> {
  const well = services.filter(isWell);
  if (well.length > 0) {
    const names = well.map(({ name, state }) =>
      state === "running" ? name : `${name} (${state})`
    );
    yield finding("ok", { check: "services", found: names.join(", ") });
  }
  for (const service of services) {
    if (!isWell(service)) yield examineService(service);
  }
}

/** Nothing to look at: it does or has done what it is for, and never failed. */
function isWell({ state, restarts }: ServiceStatus): boolean {
  return (state === "running" || state === "done") && restarts === 0;
}

function examineService(service: ServiceStatus): Finding {
  const { name, state, since, restarts, error } = service;
  const facts = [
    `${state} since ${since}`,
    ...restarts > 0 ? [`${restarts} restarts`] : [],
    ...error === null ? [] : [`last error: ${error}`],
  ];
  const failed = state === "failed";
  return finding(failed ? "fail" : "warn", {
    check: "services",
    found: `${name}: ${facts.join(", ")}`,
    advice: failed
      ? "see the server's log, then restart the server"
      : "see the server's log",
  });
}
