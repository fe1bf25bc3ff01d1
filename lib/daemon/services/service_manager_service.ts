import { aborted } from "../../supervisor/aborted.ts";
import type { Service, ServiceSupervisor } from "../../supervisor/mod.ts";
import type { LiveConfig } from "../../config/live_config.ts";
import { describeWays } from "../describe_ways.ts";
import type { DaemonEvents } from "../events.ts";
import type { Place } from "../place.ts";
import type { ServiceManager } from "../service_manager.ts";

/** What the service manager is told of. */
export interface ServiceManagerParts {
  live: LiveConfig;
  manager: ServiceManager;
  place: Place;
  supervisor: ServiceSupervisor<DaemonEvents>;
}

/** Tells the service manager, where there is one, that the server is up, that it lives, and that it stops. */
export function serviceManagerService(
  { live, manager, place, supervisor }: ServiceManagerParts,
): Service<DaemonEvents> {
  return {
    name: "service-manager",
    endless: true,
    // What is told first when the server stops.
    needs: ["run-files", "place"],
    async run(signal, bus) {
      await bus.waitFor("PlaceTaken", { signal });
      await bus.waitFor("AdminReady", { signal });
      const { addresses } = await bus.waitFor("ApiReady", { signal });
      const { proxies } = live.current;
      manager.ready(describeWays({ addresses, proxies }));
      using _ = manager.watchdog(() => !hasFailed(supervisor));
      await aborted(signal);
      if (!place.handedOver) manager.stopping();
    },
  };
}

/** A server without a critical service is about to end: when it can't, the watchdog is to help. */
function hasFailed(supervisor: ServiceSupervisor<DaemonEvents>): boolean {
  return supervisor.services().some(({ critical, state }) =>
    critical && state === "failed"
  );
}
