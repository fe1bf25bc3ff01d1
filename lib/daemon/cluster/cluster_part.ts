import type { AuditLog } from "../../audit/mod.ts";
import { SYSTEM_CLOCK } from "../../clock.ts";
import { MemberDirectory } from "../../cluster/mod.ts";
import type { LiveConfig } from "../../config/live_config.ts";
import type { ClusterServices } from "../../http/cluster_services.ts";
import { relayToAuth } from "../../http/forwarding/relay_to_auth.ts";
import type { EventBus, Service } from "../../supervisor/mod.ts";
import { PeerLinks } from "../../tunnel/mod.ts";
import type { DaemonEvents } from "../events.ts";
import type { OwnJobs } from "../open_job_hosts.ts";
import { clusterService } from "../services/cluster_service.ts";
import { gossipService } from "../services/gossip_service.ts";
import { heartbeatService } from "../services/heartbeat_service.ts";
import { registerService } from "../services/register_service.ts";
import { replicaService } from "../services/replica_service.ts";
import type { Place } from "../place.ts";
import { AuthPart } from "./auth_part.ts";
import { authRelay } from "./auth_relay.ts";
import { belongsElsewhere } from "./belongs_elsewhere.ts";
import { ClusterRouter } from "./cluster_router.ts";
import { type Judge, judgeOf } from "./judge.ts";
import { KnownServers } from "./known_servers.ts";
import { MemberRenewal } from "./member_renewal.ts";
import { Membership } from "./membership.ts";
import { tunnelSource } from "./tunnel_source.ts";
import { Tunnels } from "./tunnels.ts";

/** What a {@linkcode ClusterPart} is made of. */
export interface ClusterPartParts {
  live: LiveConfig;
  bus: EventBus<DaemonEvents>;
  audit: AuditLog;
}

/** What the services of a {@linkcode ClusterPart} need besides. */
export interface ClusterServicesParts {
  /** Null on a host that is no node. */
  jobs: OwnJobs["jobs"] | null;
  place: Place;
  /** The exit context. */
  exiting: AbortSignal;
}

/** What of a daemon is about its cluster: who is in it, the ways to them, and what tells of them. */
export class ClusterPart implements AsyncDisposable {
  /** Judges whoever connects, and whom proxies speak for. */
  readonly judge: Judge;
  readonly tunnels: Tunnels;
  /** The ways to nodes, the own one among them. */
  readonly nodes: ClusterRouter;
  readonly #live: LiveConfig;
  readonly #audit: AuditLog;
  readonly #directory: MemberDirectory;
  readonly #links: PeerLinks;
  /** Null without the role auth. */
  readonly #auth: AuthPart | null;
  /** Where the cluster is asked; null for a server whose authority is its own. */
  readonly #servers: KnownServers | null;

  private constructor(
    { live, bus, audit }: ClusterPartParts,
    servers: KnownServers | null,
  ) {
    const { roles, name } = live.current;
    this.#live = live;
    this.#audit = audit;
    this.#servers = servers;
    this.#auth = roles.includes("auth") ? new AuthPart() : null;
    const judge = this.judge = judgeOf(bus);
    this.#links = new PeerLinks({
      verifier: judge,
      credentials: () => judge.certificate,
    });
    const isTold = this.#auth !== null ||
      (servers !== null && roles.includes("proxy"));
    this.#directory = new MemberDirectory({ known: !isTold });
    this.tunnels = new Tunnels({ live, directory: this.#directory, audit });
    this.nodes = new ClusterRouter({
      self: name,
      local: roles.includes("node") ? name : null,
      tunnels: this.tunnels.server?.registry ?? null,
      since: SYSTEM_CLOCK.monotonic(),
      ...{ directory: this.#directory, links: this.#links },
    });
  }

  /** Reads where the cluster was the last time. */
  static async load(parts: ClusterPartParts): Promise<ClusterPart> {
    const { live } = parts;
    const servers = belongsElsewhere(live.current)
      ? await KnownServers.load(live.current.stateDir, {
        given: () => live.current.proxies,
      })
      : null;
    return new ClusterPart(parts, servers);
  }

  /** What the HTTP API shows and does of it. */
  get api(): ClusterServices {
    const { server } = this.tunnels;
    const [auth, servers] = [this.#auth, this.#servers];
    return {
      directory: this.#directory,
      ...auth && {
        auth: () => auth.services,
        authLeaves: () => auth.leaves,
      },
      ...server && servers && { relay: this.#relay(servers) },
      ...server && { tunnels: tunnelSource(server.registry) },
      discovery: () => this.tunnels.discovery(),
    };
  }

  #relay(servers: KnownServers) {
    return relayToAuth(authRelay({
      links: this.#links,
      directory: this.#directory,
      servers: () => servers.authFirst(),
      own: () => this.#live.current.publicAddrs,
    }));
  }

  /** What it does, for as long as the daemon runs. */
  *services(
    { jobs, place, exiting }: ClusterServicesParts,
  ): Generator<Service<DaemonEvents>> {
    const [live, directory, links] = [this.#live, this.#directory, this.#links];
    const [auth, servers, tunnels] = [this.#auth, this.#servers, this.tunnels];
    const heartbeats = { live, tunnels, jobs, place, exiting };
    if (auth) {
      yield clusterService({ live, auth, directory });
      if (live.current.tls === null) {
        yield heartbeatService({ ...heartbeats, to: { type: "self", auth } });
      }
    }
    if (servers) {
      const membership = new Membership({ live, servers });
      const renewal = new MemberRenewal(membership);
      const audit = this.#audit;
      yield registerService({ membership, live, audit, renewal, links });
      const to = { type: "cluster", links, servers, renewal } as const;
      yield heartbeatService({ ...heartbeats, to });
      if (tunnels.server) {
        yield replicaService({ live, directory, links, servers });
      }
    }
    if (tunnels.server) {
      yield gossipService({ tunnels: tunnels.server, directory });
    }
  }

  /** Closes the connections to other servers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#links[Symbol.asyncDispose]();
  }
}
