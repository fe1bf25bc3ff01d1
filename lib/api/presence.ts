import type { CaAnswer, Labels, MemberKind } from "./cluster.ts";

/** What a node is busy with. */
export interface NodeLoad {
  /** Jobs that run. */
  jobs: number;
  /** Load average of the last minute, as in `/proc/loadavg`. */
  load1: number;
  /** Processors that it may use. */
  cores: number;
}

/** What a member says of itself, again and again: `POST /v1/heartbeats`. */
export interface Heartbeat {
  /** All that its daemon is; one of them is the kind of its certificate. */
  roles: MemberKind[];
  /** Version of its program. */
  version: string;
  /** Changes with each start of its daemon. */
  instance: string;
  /** `host:port` where others may connect to it, the best first; none behind a firewall. */
  addresses: string[];
  labels: Labels;
  /** Of a node; else null. */
  load: NodeLoad | null;
  /** Names of the proxies that it has a tunnel to. */
  proxies: string[];
  /** Of a proxy: the deployment it belongs to, and which one of it; else null. */
  deployment: { group: string; generation: number } | null;
  /** Pins of the authorities that it trusts. */
  trusts: string[];
  /** Digest of the revocation list that it has; null when it has none. */
  revocations: string | null;
  /** It ends and says so: it is offline from now on. */
  leaving: boolean;
}

/** One revoked certificate, as members are told of it. */
export interface RevokedCertificate {
  /** Lower-case hex; null when only the fingerprint is known. */
  serial: string | null;
  /** SHA-256 in lower-case hex; null when only the serial is known. */
  fingerprint: string | null;
  /** Common name; null when it is not known. */
  name: string | null;
  /** RFC 3339, UTC. */
  revokedAt: string;
  reason: string | null;
}

/** What a member is told in answer to a heartbeat. */
export interface HeartbeatAnswer {
  /** When to send the next one, ms. */
  intervalMs: number;
  /** Whom to trust, when that is not what the member trusts; else null. */
  ca: CaAnswer | null;
  /** The revocation list with its digest, when the member has another one; else null. */
  revocations: { digest: string; list: RevokedCertificate[] } | null;
  /** Its certificate is to be renewed now, whatever its age. */
  renew: boolean;
  /** `host:port` of servers that can answer for the cluster: auth first, then proxies. */
  servers: string[];
}

/** Whether a member is heard of; `offline` when it has left, and after three intervals of silence. */
export type Presence = "online" | "offline";

/** What nodes and proxies have in common. Times are RFC 3339, UTC. */
export interface MemberStatus {
  /** Given when it joined first; stays when it is renamed by nobody. */
  id: string;
  name: string;
  state: Presence;
  /** When it was heard of last; null: not since it joined. */
  lastSeen: string | null;
  roles: MemberKind[];
  version: string;
  addresses: string[];
}

/** A node: `GET /v1/nodes`. */
export interface NodeStatus extends MemberStatus {
  labels: Labels;
  load: NodeLoad | null;
  /** Names of the proxies that it has a tunnel to. */
  proxies: string[];
}

/** A proxy: `GET /v1/proxies`. */
export interface ProxyStatus extends MemberStatus {
  group: string;
  generation: number;
}

/** A tunnel as a proxy sees it: `GET /v1/tunnels`. */
export interface TunnelRecord {
  node: string;
  state: "open" | "draining" | "closed";
  /** The node's, `host:port`. */
  remoteAddress: string;
  version: string;
  /** RFC 3339, UTC. */
  since: string;
  /** Requests under way. */
  requests: number;
  /** Bytes that the node has not taken yet. */
  backlog: number;
}

/**
 * One line of `?watch=true`: a member as it is now, or that there is none any more. All that are
 * there come first, then `synced`: a member that was not told by then is gone.
 */
export type MemberChange<S> =
  | ({ type: "node" | "proxy" } & S)
  | { type: "removed"; name: string }
  | { type: "synced" };
