import type { EventBus } from "../supervisor/mod.ts";
import type { DaemonEvents } from "./events.ts";

/** Says when a daemon takes jobs, and when all of it serves. */
export function mapReadiness(bus: EventBus<DaemonEvents>): void {
  bus.map({ in: ["ApiReady", "JobHostReady"], out: "NodeReady" });
  bus.map({ in: ["IdentityReady", "NodeReady"], out: "ProcessReady" });
}
