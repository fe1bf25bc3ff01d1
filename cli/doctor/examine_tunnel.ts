import { WorkerError } from "../../lib/api/errors.ts";
import type { TunnelRecord } from "../../lib/api/presence.ts";
import type {
  AgentPoolStatus,
  TrackedProxyStatus,
  TunnelDiscovery,
  TunnelVerdictStatus,
} from "../../lib/api/tunnel_status.ts";
import type { Answer } from "../../lib/client/call.ts";
import { ClusterClient } from "../../lib/client/cluster_client.ts";
import type { Transport } from "../../lib/client/transport.ts";
import { describeAge } from "../render/render_jobs.ts";
import { type Finding, finding } from "./finding.ts";
import { describeError } from "../report_error.ts";

const LEVELS: Record<TunnelVerdictStatus["kind"], Finding["level"]> = {
  connected: "ok",
  connecting: "warn",
  unreachable: "fail",
  sticky_balancer: "warn",
};

/** How a server's tunnels are: those that it dials, as a node, and those that it holds, as a proxy. */
export async function* examineTunnel(
  transport: Transport,
): AsyncGenerator<Finding> {
  const client = new ClusterClient(transport);
  try {
    const discovery = await ifThere(client.discovery());
    if (discovery !== null) yield* examineDiscovery(discovery);
    const tunnels = await ifThere(client.tunnels());
    if (tunnels !== null) yield* examineTunnels(tunnels);
    if (discovery === null && tunnels === null) {
      yield finding("ok", {
        check: "tunnels",
        found: "this server dials no proxy and is none: nothing to look at",
      });
    }
  } catch (error) {
    yield finding("fail", { check: "tunnels", found: describeError(error) });
  }
}

/** Null where a server is not what the question is about. */
async function ifThere<T>(asked: Promise<Answer<T>>): Promise<T | null> {
  try {
    return (await asked).value;
  } catch (error) {
    const isNot = error instanceof WorkerError &&
      (error.code === "UNSUPPORTED" || error.code === "NOT_FOUND");
    if (isNot) return null;
    throw error;
  }
}

function* examineDiscovery(
  { agents, verdict, proxies }: TunnelDiscovery,
): Generator<Finding> {
  yield finding(LEVELS[verdict.kind], {
    check: "tunnels",
    found: verdict.message,
  });
  yield finding("ok", {
    check: "dials",
    found: describeDials(agents, proxies),
  });
  for (const proxy of agents.proxies) yield examineProxy(proxy, agents);
  const known = new Set(agents.proxies.map(({ id }) => id));
  for (const id of agents.claimed.filter((id) => !known.has(id))) {
    yield finding("ok", {
      check: "proxy",
      found: `${id}: connected ${viaOf(id, agents)}, not heard of in gossip`,
    });
  }
}

/** `2 seen, 1 connected, 1 in flight, next retry in 4s, dials "lb:7443"`. */
function describeDials(agents: AgentPoolStatus, proxies: string[]): string {
  const { claimed, inFlight, nextRetryInMs, lastFailure, landings } = agents;
  return [
    `${agents.proxies.length} seen, ${claimed.length} connected, ${inFlight} in flight`,
    nextRetryInMs === null
      ? "no retry waits"
      : `next retry in ${describeWait(nextRetryInMs)}`,
    ...proxies.length > 0 ? [`dials ${proxies.join(", ")}`] : [],
    ...landings.dials > 0
      ? [
        `the last ${landings.dials} dials reached ${
          landings.proxies.join(", ")
        }, which ${
          landings.proxies.length === 1 ? "is" : "are"
        } connected already`,
      ]
      : [],
    ...lastFailure === null ? [] : [`the last dial failed: ${lastFailure}`],
  ].join("; ");
}

const STATES: Record<TrackedProxyStatus["state"], string> = {
  claimed: "connected",
  in_flight: "its own address is being dialled",
  missing: "not connected",
  dormant: "its connection ended, and nobody mentions it",
  outdated: "replaced by a newer generation of its group",
};

function examineProxy(
  proxy: TrackedProxyStatus,
  agents: AgentPoolStatus,
): Finding {
  const { id, state, generation, group, addresses, direct, mentionedMsAgo } =
    proxy;
  const facts = [
    state === "claimed" ? `connected ${viaOf(id, agents)}` : STATES[state],
    addresses.length > 0
      ? `at ${addresses.join(", ")}`
      : "tells no address of its own",
    `generation ${generation} of group "${group}"`,
    `mentioned ${describeAge(mentionedMsAgo)} ago`,
    ...direct === null ? [] : [
      `its own address failed ${direct.failures} times (${direct.reason}), again in ${
        describeWait(direct.retryInMs)
      }`,
    ],
  ];
  return finding(state === "missing" ? "warn" : "ok", {
    check: "proxy",
    found: `${id}: ${facts.join("; ")}`,
  });
}

function viaOf(id: string, { agents }: AgentPoolStatus): string {
  const agent = agents.find(({ proxy }) => proxy === id);
  if (agent === undefined) return "";
  const way = agent.via === "direct"
    ? "at its own address"
    : "through the balancer";
  return agent.state === "draining" ? `${way}, draining` : way;
}

function* examineTunnels(
  tunnels: readonly TunnelRecord[],
): Generator<Finding> {
  const open = tunnels.filter(({ state }) => state === "open").length;
  yield finding("ok", {
    check: "nodes",
    found: `this proxy holds ${open} tunnel${open === 1 ? "" : "s"}`,
  });
  for (const tunnel of tunnels) {
    const { node, state, remoteAddress, version, since, requests } = tunnel;
    yield finding(state === "open" ? "ok" : "warn", {
      check: "node",
      found: [
        `${node}: ${state} since ${since}`,
        `from ${remoteAddress}`,
        `version ${version}`,
        `${requests} requests`,
        ...tunnel.backlog > 0
          ? [`${tunnel.backlog} bytes that it has not taken`]
          : [],
      ].join("; "),
    });
  }
}

/** `0.4s`, `12s`: of waits, which are short. */
function describeWait(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)}s` : describeAge(ms);
}
