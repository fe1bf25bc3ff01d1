/**
 * The tunnels of a node that nobody can connect to. The protocol of this folder:
 *
 * - An agent pool keeps one connection (agent) to each proxy of the cluster, dialled from the node.
 * - A dial needs a lease of the tracker: granted while more proxies are desired than are claimed or
 *   being dialled, and always when there is none at all.
 * - A dial goes to a missing proxy's own address where that is known and works, else to the
 *   balancer, where it may reach any. The proxy's id is known after the handshake; a lease claims
 *   it or, when another one has it, the connection is closed before anything was sent.
 * - Over each tunnel comes gossip: the proxies that there are. The union of all lists is what is
 *   known, each proxy with a time to live; of each group the highest generation is desired.
 * - Every lease is given back once: its dial failed, its proxy was taken, its connection closed, its
 *   proxy drains (while the connection lives on), or its watchdog barked.
 */
export { Agent, type AgentOptions, type AgentSnapshot } from "./agent.ts";
export type { AgentConnection, Dial, DialTarget } from "./agent_connection.ts";
export {
  AgentPool,
  type AgentPoolOptions,
  type AgentPoolSnapshot,
} from "./agent_pool.ts";
export type { AgentPoolEvent } from "./agent_pool_event.ts";
export {
  Lease,
  type LeaseEnd,
  type LeaseOwner,
  type LeaseState,
  type LeaseTarget,
} from "./lease.ts";
export type { ProxyInfo } from "./proxy_info.ts";
export { Tracker, type TrackerChange, type TrackerOptions } from "./tracker.ts";
export type {
  ProxyState,
  TrackedProxy,
  TrackerSnapshot,
} from "./tracker_snapshot.ts";
export { describeVerdict, type TunnelVerdict } from "./tunnel_verdict.ts";

// The tunnels themselves: the node's end, and the proxy's.
export {
  AgentTunnel,
  type AgentTunnelOptions,
  type TunnelExchange,
} from "./agent_tunnel.ts";
export {
  type DialledProxy,
  dialProxy,
  type DialProxyOptions,
  type TunnelCredentials,
} from "./dial_proxy.ts";
export { PeerLink, type PeerLinkOptions } from "./peer_link.ts";
export {
  PeerLinks,
  type PeerLinksOptions,
  type PeerRequestOptions,
} from "./peer_links.ts";
export type { ServerCall, ServerWatch } from "./server_call.ts";
export { RETURN_WITHIN_MS } from "./limits.ts";
export { TunnelBody } from "./tunnel_body.ts";
export { tunnelDialler, type TunnelDiallerOptions } from "./tunnel_dialler.ts";
export type { TunnelPeer } from "./tunnel_peer.ts";
export {
  type EndedTunnel,
  type TunnelChange,
  TunnelRegistry,
} from "./tunnel_registry.ts";
export type { TunnelRequest, TunnelResponse } from "./tunnel_request.ts";
export {
  type TunnelEvent,
  TunnelServer,
  type TunnelServerOptions,
} from "./tunnel_server.ts";
export {
  TunnelSession,
  type TunnelSessionOptions,
  type TunnelStatus,
} from "./tunnel_session.ts";
