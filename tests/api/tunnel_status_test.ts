import { equal } from "node:assert/strict";
import type {
  AgentPoolStatus,
  TunnelVerdictStatus,
} from "../../lib/api/tunnel_status.ts";
import type { AgentPoolSnapshot } from "../../lib/tunnel/agent_pool.ts";
import type { TunnelVerdict } from "../../lib/tunnel/tunnel_verdict.ts";

type ReadonlyDeep<T> = T extends object
  ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> }
  : T;

/** Compiles as long as what the pool says fits the wire; the verdict travels beside it. */
function sent(
  snapshot: AgentPoolSnapshot,
): ReadonlyDeep<AgentPoolStatus> {
  return snapshot;
}

function kindOf({ type }: TunnelVerdict): TunnelVerdictStatus["kind"] {
  return type;
}

Deno.test("AgentPoolStatus is what a snapshot of the agent pool is on the wire", () => {
  const snapshot: AgentPoolSnapshot = {
    proxies: [],
    claimed: [],
    inFlight: 0,
    landings: { dials: 0, proxies: [] },
    lastFailure: null,
    verdict: { type: "connected" },
    agents: [],
    nextRetryInMs: null,
  };
  equal(sent(snapshot).agents.length, 0);
  equal(kindOf(snapshot.verdict), "connected");
});
