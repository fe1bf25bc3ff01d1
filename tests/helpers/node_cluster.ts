/**
 * A proxy and its nodes, in this process, over real sockets:
 *
 *     await using cluster = await NodeCluster.start();
 *     await using node = await cluster.node("web-1");
 *     const job = await cluster.as("alice").post("/v1/nodes/web-1/jobs", { command: "id" });
 */
import { join } from "node:path";
import { hostAlternativeName } from "../../certs/alternative_name.ts";
import type { IssueRequest } from "../../certs/issue_request.ts";
import { PeerVerifier, RevocationList } from "../../certs/mod.ts";
import type { AuditEvent } from "../../lib/api/audit_event.ts";
import { AuditLog } from "../../lib/audit/mod.ts";
import { MemberDirectory } from "../../lib/cluster/mod.ts";
import { ClusterRouter } from "../../lib/daemon/cluster/cluster_router.ts";
import { createApp } from "../../lib/http/app.ts";
import type { AppServices } from "../../lib/http/app_services.ts";
import type { App } from "../../lib/http/env.ts";
import { TlsListener } from "../../lib/http/listener/listener.ts";
import { requestListener } from "../../lib/http/request_listener.ts";
import { serveTunnel } from "../../lib/http/forwarding/serve_tunnel.ts";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
import { ListeningSocket } from "../../lib/linux/listening_socket.ts";
import {
  AgentTunnel,
  dialProxy,
  PeerLinks,
  type TunnelCredentials,
  TunnelServer,
} from "../../lib/tunnel/mod.ts";
import { ApiClient, type Protocol } from "./api_client.ts";
import { tunnelAuthority } from "./tunnels.ts";
import { waitFor } from "./wait_for.ts";

const DAY = 86_400_000;

/** A certificate of the cluster's authority for both sides of a connection. */
export async function memberCredentials(
  name: string,
  request: Partial<IssueRequest> = {},
): Promise<TunnelCredentials> {
  const authority = await tunnelAuthority();
  const { certificatePem, keyPem } = await authority.issue({
    name,
    ttl: DAY,
    ...request,
    ...request.kind && request.kind !== "user" && {
      usages: ["server", "client"],
      sans: ["localhost", "127.0.0.1"].map(hostAlternativeName),
    },
  });
  return { ca: authority.certificatePem, cert: certificatePem, key: keyPem };
}

/** A host of the cluster: its jobs, its audit log, its revocations, its API. */
export class ClusterHost implements AsyncDisposable {
  readonly stack = new AsyncDisposableStack();
  jobs!: JobSupervisor;
  audit!: AuditLog;
  app!: App;
  verifier!: PeerVerifier;
  revocations!: RevocationList;
  listener: TlsListener | null = null;

  private constructor(
    readonly name: string,
    readonly credentials: TunnelCredentials,
    readonly directory: string,
  ) {}

  static async make(
    name: string,
    credentials: TunnelCredentials,
    services: (host: ClusterHost) => Partial<AppServices> = () => ({}),
  ): Promise<ClusterHost> {
    const directory = await Deno.makeTempDir({ prefix: "worker-cluster-" });
    const host = new ClusterHost(name, credentials, directory);
    host.stack.defer(() => Deno.remove(directory, { recursive: true }));
    host.revocations = await RevocationList.load(
      join(directory, "revoked.json"),
    );
    host.verifier = new PeerVerifier({
      caBundle: credentials.ca,
      revocations: host.revocations,
    });
    host.jobs = host.stack.use(
      new JobSupervisor({
        directory: join(directory, "jobs"),
        shutdownGrace: 0,
      }),
    );
    host.audit = host.stack.use(
      new AuditLog({ directory: join(directory, "audit") }),
    );
    host.app = createApp({
      jobs: host.jobs,
      audit: host.audit,
      version: "1.2.3",
      unready: () => null,
      connections: () => 0,
      services: () => [],
      metrics: () => Promise.resolve([]),
      judge: host.verifier,
      ...services(host),
    });
    return host;
  }

  /** Listens at a free port of loopback. */
  async listen(tunnels?: TunnelServer): Promise<string> {
    const socket = this.stack.use(
      ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 }),
    );
    this.listener = this.stack.use(
      await TlsListener.listen({
        sockets: [socket],
        ...this.credentials,
        verify: (raw) => this.verifier.verify(raw),
        recheck: (who) => this.verifier.recheck(who),
        handler: requestListener(this.app),
        ...tunnels && { tunnel: (connection) => tunnels.accept(connection) },
      }),
    );
    return `127.0.0.1:${socket.address.port}`;
  }

  /** Dials a proxy and serves. */
  async dial(address: string): Promise<AgentTunnel> {
    const { name, credentials, verifier } = this;
    const dialled = await dialProxy(address, {
      ...{ credentials, verifier },
      signal: new AbortController().signal,
    });
    const tunnel = new AgentTunnel(dialled, {
      node: name,
      labels: {},
      handler: serveTunnel(requestListener(this.app), { judge: verifier }),
    });
    this.stack.defer(() => tunnel.close());
    tunnel.serve();
    return tunnel;
  }

  /** What was recorded, oldest first. */
  async audited(): Promise<AuditEvent[]> {
    const events: AuditEvent[] = [];
    const signal = new AbortController().signal;
    for await (const lines of this.audit.read({ follow: false, signal })) {
      const text = typeof lines === "string"
        ? lines
        : new TextDecoder().decode(lines);
      events.push(...text.trim().split("\n").map((line) => JSON.parse(line)));
    }
    return events;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stack.disposeAsync();
  }
}

/** A proxy that is a node, too, with what its nodes need to get to it. */
export class NodeCluster implements AsyncDisposable {
  readonly directory = new MemberDirectory();
  readonly #stack = new AsyncDisposableStack();
  readonly #clients = new Map<string, ApiClient>();
  proxy!: ClusterHost;
  tunnels!: TunnelServer;
  links!: PeerLinks;
  address = "";

  static async start(
    { services = {}, since = -Infinity }: {
      services?: Partial<AppServices>;
      /** When the proxy began to take tunnels. @default {-Infinity} */
      since?: number;
    } = {},
  ): Promise<NodeCluster> {
    const cluster = new NodeCluster();
    const credentials = await memberCredentials("proxy-1", { kind: "proxy" });
    cluster.proxy = await ClusterHost.make("proxy-1", credentials, (host) => {
      cluster.tunnels = new TunnelServer({
        proxy: "proxy-1",
        proxies: () => [],
      });
      cluster.links = new PeerLinks({
        credentials: () => credentials,
        verifier: host.verifier,
      });
      return {
        nodes: new ClusterRouter({
          self: "proxy-1",
          local: "proxy-1",
          directory: cluster.directory,
          tunnels: cluster.tunnels.registry,
          links: cluster.links,
          since,
        }),
        ...services,
      };
    });
    cluster.#stack.use(cluster.proxy);
    cluster.address = await cluster.proxy.listen(cluster.tunnels);
    cluster.#stack.use(cluster.tunnels);
    cluster.#stack.use(cluster.links);
    return cluster;
  }

  /** A node with a tunnel to the proxy. */
  async node(
    name: string,
  ): Promise<ClusterHost & { tunnel: AgentTunnel }> {
    const host = await ClusterHost.make(
      name,
      await memberCredentials(name, { kind: "node" }),
    );
    const tunnel = await host.dial(this.address);
    await waitFor(
      `the tunnel of ${name}`,
      () => this.tunnels.registry.get(name),
    );
    return Object.assign(host, { tunnel });
  }

  /** A node that others connect to, in the directory. */
  async direct(name: string): Promise<ClusterHost> {
    const host = await ClusterHost.make(
      name,
      await memberCredentials(name, { kind: "node" }),
    );
    this.know(name, [await host.listen()]);
    return host;
  }

  /** Puts a node into the proxy's directory. */
  know(name: string, addresses: string[] = [], more = {}): void {
    this.directory.setNode({
      id: `id-${name}`,
      name,
      state: "online",
      lastSeen: "2026-01-01T00:00:00.000Z",
      roles: ["node"],
      version: "1.2.3",
      addresses,
      labels: {},
      load: null,
      proxies: [],
      ...more,
    });
  }

  /** A client of the proxy: `root` is an administrator, others are users. */
  async as(
    name: string,
    { protocol = "h2", ...request }:
      & Partial<IssueRequest>
      & { protocol?: Protocol } = {},
  ): Promise<ApiClient> {
    const key = JSON.stringify([name, protocol, request]);
    const known = this.#clients.get(key);
    if (known) return known;
    const { ca, ...pair } = await memberCredentials(name, {
      kind: "user",
      roles: name === "root" ? ["admin"] : [],
      ...request,
    });
    const origin = `https://localhost:${this.address.split(":").at(-1)}`;
    const client = new ApiClient({ origin, ca, pair, protocol });
    this.#clients.set(key, client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) client[Symbol.dispose]();
    await this.#stack.disposeAsync();
  }
}
