import { clientFlagsOf } from "./client_flags.ts";
import type { Credentials } from "../helpers/credentials.ts";
import type { Outcome } from "../helpers/command.ts";
import { WORKER_BIN } from "../helpers/worker.ts";
import { waitFor } from "../helpers/wait_for.ts";
import type { NodeStatus } from "../../lib/api/presence.ts";
import type { CreatedToken } from "../../lib/api/cluster.ts";
import { Balancer } from "./balancer.ts";
import type { LabHost } from "./lab_host.ts";
import { LabNetwork } from "./lab_network.ts";
import { curlFrom, LabServer } from "./lab_server.ts";

export const PORT = 7443;

export interface LabClusterOptions {
  /** Names of the proxies besides that of the host with the authority. @default {["b", "c"]} */
  proxies?: readonly string[];
  /** Names of the nodes. @default {["web-1", "web-2", "web-3", "web-4", "web-5"]} */
  nodes?: readonly string[];
}

/**
 * A cluster: host "a" with the roles auth and proxy, further proxies, nodes that nobody can connect
 * to, a balancer before the proxies, and a laptop with the administrator's certificate.
 */
export class LabCluster implements AsyncDisposable {
  readonly servers = new Map<string, LabServer>();
  readonly proxies: string[] = [];
  readonly nodes: string[] = [];
  #balancer!: Balancer;

  private constructor(
    readonly network: LabNetwork,
    readonly front: LabHost,
    readonly laptop: LabHost,
  ) {}

  /** Resolves when every node has a tunnel to every proxy. */
  static async start(
    {
      proxies = ["b", "c"],
      nodes = ["web-1", "web-2", "web-3", "web-4", "web-5"],
    }: LabClusterOptions = {},
  ): Promise<LabCluster> {
    const network = await LabNetwork.create();
    const front = await network.addHost("front");
    const laptop = await network.addHost("laptop");
    const cluster = new LabCluster(network, front, laptop);
    try {
      await cluster.#startAuth();
      await cluster.#startProxies(proxies);
      cluster.#balancer = await Balancer.start(front, {
        servers: cluster.proxies.map((name) => cluster.addressOf(name)),
      });
      await cluster.#startNodes(nodes);
      await cluster.meshed();
      return cluster;
    } catch (cause) {
      const said = await cluster.logs();
      await network[Symbol.asyncDispose]();
      throw new Error(`the cluster does not start; it said:\n${said}`, {
        cause,
      });
    }
  }

  get balancer(): Balancer {
    return this.#balancer;
  }

  get admin(): Credentials {
    return this.server("a").admin;
  }

  server(name: string): LabServer {
    const server = this.servers.get(name);
    if (!server) throw new Error(`the cluster has no server "${name}"`);
    return server;
  }

  /** `host:port` of a server, whether it listens there or not. */
  addressOf(name: string): string {
    return `${this.server(name).host.address}:${PORT}`;
  }

  /** Addresses of these servers, as `--addr` takes them. */
  addresses(...names: readonly string[]): string {
    return names.map((name) => this.addressOf(name)).join(",");
  }

  /** Makes a token on the host of the authority. */
  async token(
    roles: string,
    args: readonly string[] = [],
  ): Promise<CreatedToken> {
    const { code, stdout, stderr } = await this.server("a").administer([
      ...["token", "create", "--json", `--roles=${roles}`],
      ...args,
    ]);
    if (code !== 0) throw new Error(`cannot make a token: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** The words of a client on the laptop. */
  client(addr: string, args: readonly string[]): string[] {
    return [WORKER_BIN, ...clientFlagsOf(this.admin, addr), ...args];
  }

  /** Runs `worker …` on the laptop. */
  cli(
    addr: string,
    args: readonly string[],
    options: { from?: LabHost; timeout?: number } = {},
  ): Promise<Outcome> {
    const { from = this.laptop, timeout = 60_000 } = options;
    const { env } = this.server("a");
    return from.run(this.client(addr, args), { env, timeout });
  }

  /** Runs `curl` on the laptop. */
  curl(
    addr: string,
    path: string,
    { args = [], as = this.admin }: {
      args?: readonly string[];
      as?: Credentials;
    } = {},
  ): Promise<Outcome> {
    return curlFrom(this.laptop, `https://${addr}${path}`, { as, args });
  }

  /** The nodes, as a server tells. */
  async nodesAt(name: string): Promise<NodeStatus[]> {
    const { code, stdout, stderr } = await this.cli(this.addressOf(name), [
      ...["nodes", "ls", "--json"],
    ]);
    if (code !== 0) throw new Error(`"${name}" lists no nodes: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Waits until each node is reached through each of these proxies. */
  async meshed(
    { proxies = this.proxies, nodes = this.nodes, timeout = 60_000 }: {
      proxies?: readonly string[];
      nodes?: readonly string[];
      timeout?: number;
    } = {},
  ): Promise<void> {
    let missing = proxies.flatMap((proxy) =>
      nodes.map((node) => ({ proxy, node }))
    );
    try {
      await waitFor("all nodes to be reached through all proxies", async () => {
        const reached = await Promise.all(
          missing.map(({ proxy, node }) => this.reaches(proxy, node)),
        );
        missing = missing.filter((_, index) => !reached[index]);
        return missing.length === 0;
      }, { timeout, interval: 200 });
    } catch (cause) {
      const pairs = missing.map(({ proxy, node }) =>
        `${node} through ${proxy}`
      );
      throw new Error(`not reached: ${pairs.join(", ")}`, { cause });
    }
  }

  /** Whether a node answers through a proxy now. */
  async reaches(proxy: string, node: string): Promise<boolean> {
    const { code } = await this.curl(
      this.addressOf(proxy),
      `/v1/nodes/${node}/jobs`,
      { args: ["--fail", "--max-time", "5"] },
    );
    return code === 0;
  }

  /** Where somebody wants to see why: the end of what every server said. */
  async logs(): Promise<string> {
    const parts = await Promise.all(
      [...this.servers.values()].map(async (server) =>
        `--- ${server.host.name}\n${(await server.log()).slice(-3_000)}`
      ),
    );
    return parts.join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network[Symbol.asyncDispose]();
  }

  /** Arguments of a server that clients and nodes connect to. */
  listening(host: LabHost): string[] {
    return [
      `--listen=${host.address}:${PORT}`,
      `--public-addr=${host.address}:${PORT}`,
      `--host=${host.address}`,
      `--host=${this.front.address}`,
    ];
  }

  /** Arguments of a server that joins; the token is in a file. */
  async joining(
    host: LabHost,
    { token, caPins, proxy }: Pick<CreatedToken, "token" | "caPins"> & {
      proxy: string;
    },
  ): Promise<string[]> {
    const file = `${host.folder}/token`;
    await Deno.writeTextFile(file, token, { mode: 0o600 });
    return [
      `--join=${file}`,
      `--proxy=${proxy}`,
      ...caPins.map((pin) => `--ca-pin=${pin}`),
    ];
  }

  async #startAuth(): Promise<void> {
    const host = await this.network.addHost("a");
    const server = new LabServer(host, {
      args: ["--roles=auth,proxy", "--name=a", ...this.listening(host)],
    });
    this.servers.set("a", server);
    this.proxies.push("a");
    await server.start();
  }

  async #startProxies(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const hosts: LabHost[] = [];
    for (const name of names) hosts.push(await this.network.addHost(name));
    const created = await this.token("proxy", [
      `--uses=${names.length}`,
      ...[this.front, ...hosts].map(({ address }) => `--host=${address}`),
    ]);
    await Promise.all(hosts.map(async (host) => {
      const server = new LabServer(host, {
        args: [
          ...["--roles=proxy", `--name=${host.name}`],
          ...this.listening(host),
          ...await this.joining(host, {
            ...created,
            proxy: this.addressOf("a"),
          }),
        ],
      });
      this.servers.set(host.name, server);
      this.proxies.push(host.name);
      await server.start();
    }));
    this.proxies.sort();
  }

  async #startNodes(names: readonly string[]): Promise<void> {
    const created = await this.token("node", [`--uses=${names.length}`]);
    const hosts: LabHost[] = [];
    for (const name of names) {
      hosts.push(await this.network.addHost(name, { closed: true }));
    }
    await Promise.all(hosts.map(async (host, index) => {
      const server = new LabServer(host, {
        args: [
          ...["--roles=node", `--name=${host.name}`],
          `--label=env=${index < 2 ? "prod" : "test"}`,
          ...await this.joining(host, {
            ...created,
            proxy: this.#balancer.address,
          }),
        ],
      });
      this.servers.set(host.name, server);
      this.nodes.push(host.name);
      await server.start();
    }));
    this.nodes.sort();
  }
}
