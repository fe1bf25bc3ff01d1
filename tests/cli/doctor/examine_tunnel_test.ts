import { deepEqual, equal, match } from "node:assert/strict";
import type { TunnelDiscovery } from "../../../lib/api/tunnel_status.ts";
import type { ClusterServices } from "../../../lib/http/cluster_services.ts";
import { ServedNodes } from "../served_nodes.ts";

const DISCOVERY: TunnelDiscovery = {
  proxies: ["lb:7443"],
  verdict: {
    kind: "sticky_balancer",
    message: 'not connected to "c": 8 dials all reached "a"',
  },
  agents: {
    proxies: [
      {
        id: "a",
        group: "default",
        generation: 1,
        addresses: ["a:7443"],
        state: "claimed",
        mentionedMsAgo: 2_000,
        direct: null,
      },
      {
        id: "c",
        group: "default",
        generation: 1,
        addresses: ["c:7443"],
        state: "missing",
        mentionedMsAgo: 3_000,
        direct: { reason: "timed out", failures: 3, retryInMs: 4_000 },
      },
    ],
    claimed: ["a", "z"],
    inFlight: 1,
    landings: { dials: 8, proxies: ["a"] },
    lastFailure: null,
    agents: [
      { proxy: "a", via: "balancer", state: "serving" },
      { proxy: "z", via: "direct", state: "draining" },
    ],
    nextRetryInMs: 1_500,
  },
};

async function doctor(cluster: Partial<ClusterServices>) {
  await using served = await ServedNodes.start([], cluster);
  return await served.worker(["doctor", "tunnel"]);
}

Deno.test("doctor tunnel on a node tells what it knows of each proxy, and the verdict", async () => {
  const { code, stdout } = await doctor({ discovery: () => DISCOVERY });
  equal(code, 0);
  const lines = stdout.trimEnd().split("\n");
  match(lines[0]!, /^warn {2}tunnels: not connected to "c": 8 dials/);
  match(
    lines[1]!,
    /2 seen, 2 connected, 1 in flight; next retry in 1\.5s; dials lb:7443; .*8 dials reached a, which is connected already/,
  );
  match(
    lines[2]!,
    /^ok {4}proxy: a: connected through the balancer; at a:7443/,
  );
  match(
    lines[3]!,
    /^warn {2}proxy: c: not connected; .*failed 3 times \(timed out\), again in 4\.0s/,
  );
  match(lines[4]!, /proxy: z: connected at its own address, draining, not/);
});

Deno.test("doctor tunnel fails when no proxy can be reached", async () => {
  const { code, stdout } = await doctor({
    discovery: () => ({
      ...DISCOVERY,
      verdict: { kind: "unreachable", message: "no proxy can be reached: x" },
    }),
  });
  equal(code, 1);
  match(stdout, /^fail {2}tunnels: no proxy can be reached: x$/m);
});

Deno.test("doctor tunnel on a proxy lists the tunnels that it holds", async () => {
  const { stdout } = await doctor({
    tunnels: {
      list: () => [{
        node: "web-1",
        state: "open",
        remoteAddress: "192.0.2.1:40000",
        version: "1.2.3",
        since: "2026-11-21T09:00:00Z",
        requests: 2,
        backlog: 17,
      }],
      async *watch() {},
    },
  });
  match(stdout, /^ok {4}nodes: this proxy holds 1 tunnel$/m);
  match(stdout, /node: web-1: open since .*2 requests; 17 bytes/);
});

Deno.test("doctor tunnel has nothing to say of a server alone, and refuses other topics", async () => {
  const { code, stdout } = await doctor({});
  equal(code, 0);
  match(stdout, /nothing to look at/);
  await using served = await ServedNodes.start([]);
  const { code: refused } = await served.worker(["doctor", "moon"]);
  deepEqual(refused, 2);
});
