import type { EventBus } from "../supervisor/mod.ts";
import type { DaemonEvents } from "./events.ts";

/** Says when a node takes jobs, and when all of a daemon serves. */
export function mapReadiness(
  bus: EventBus<DaemonEvents>,
  { isNode }: { isNode: boolean },
): void {
  bus.map({ in: ["ApiReady", "JobHostReady"], out: "NodeReady" });
  bus.map({
    in: ["IdentityReady", isNode ? "NodeReady" : "ApiReady"],
    out: "ProcessReady",
  });
}
