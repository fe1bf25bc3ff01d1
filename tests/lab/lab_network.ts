import { ip } from "./ip.ts";
import { LabHost } from "./lab_host.ts";
import { ownedPrefix } from "./owned_name.ts";
import { namespaces, removeNamespaces } from "./remove_namespaces.ts";
import { LAB_FILES, sweep } from "./sweep.ts";

const SUBNET = "10.77.0";

/** Ports that the kernel gives to connections that a host makes; below, it takes none when closed. */
const OUTBOUND_PORTS = { first: 60_000, last: 65_535 };

export interface HostOptions {
  /** It can dial, and nobody can connect to it. @default {false} */
  closed?: boolean;
}

/** Hosts on one switch, and what happens to their packets. Disposing it removes everything. */
export class LabNetwork implements AsyncDisposable {
  /** For files of the hosts; it goes with the network. */
  readonly folder: string;
  readonly hosts: LabHost[] = [];
  readonly #prefix: string;

  private constructor(prefix: string) {
    this.#prefix = prefix;
    this.folder = `${LAB_FILES}/${prefix}`;
  }

  /** An empty network. What others left behind is removed first. */
  static async create(): Promise<LabNetwork> {
    await sweep();
    const network = new LabNetwork(ownedPrefix());
    try {
      await Deno.mkdir(network.folder, { mode: 0o700 });
      await ip([`netns add ${network.#switch}`]);
      await ip(
        ["main", "cut"].flatMap((name) => [
          `link add name ${name} type bridge`,
          `link set dev ${name} up`,
        ]),
        { namespace: network.#switch },
      );
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
    return network;
  }

  /** Adds a host. Its name is that of its port, so at most 15 letters. */
  async addHost(
    name: string,
    { closed = false }: HostOptions = {},
  ): Promise<LabHost> {
    const host = new LabHost(name, {
      namespace: `${this.#prefix}-${name}`,
      address: `${SUBNET}.${this.hosts.length + 1}`,
      folder: `${this.folder}/${name}`,
    });
    await Deno.mkdir(host.folder, { mode: 0o700 });
    await ip([`netns add ${host.namespace}`]);
    await ip([
      `link add name ${name} type veth peer name eth0 netns ${host.namespace}`,
      `link set dev ${name} master main up`,
    ], { namespace: this.#switch });
    await ip([
      `addr add ${host.address}/24 dev eth0`,
      "link set dev lo up",
      "link set dev eth0 up",
      ...closed ? closing() : [],
    ], { namespace: host.namespace });
    if (closed) {
      const { first, last } = OUTBOUND_PORTS;
      const path = "/proc/sys/net/ipv4/ip_local_port_range";
      await host.run(["sh", "-c", `echo ${first} ${last} > ${path}`]);
    }
    this.hosts.push(host);
    return host;
  }

  /** Loses every packet to and from these hosts, without a word to anybody. */
  async silence(...hosts: readonly LabHost[]): Promise<void> {
    await this.#ports(hosts, "nomaster");
  }

  /** Puts these hosts on a segment of their own: they hear each other, and the rest does not. */
  async partition(...hosts: readonly LabHost[]): Promise<void> {
    await this.#ports(hosts, "master cut");
  }

  /** Puts these hosts back; all of them when none is named. */
  async heal(...hosts: readonly LabHost[]): Promise<void> {
    await this.#ports(hosts.length > 0 ? hosts : this.hosts, "master main");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ours = (await namespaces())
      .filter((name) => name.startsWith(`${this.#prefix}-`));
    await removeNamespaces(ours);
    await Deno.remove(this.folder, { recursive: true }).catch(() => {});
  }

  get #switch(): string {
    return `${this.#prefix}-switch`;
  }

  async #ports(hosts: readonly LabHost[], place: string): Promise<void> {
    const commands = hosts.map(({ name }) => `link set dev ${name} ${place}`);
    await ip(commands, { namespace: this.#switch });
  }
}

/**
 * Rules of routing, because every kernel has them: what arrives for a port that is not an outbound
 * connection's gets lost. They come before the one that delivers to the host itself.
 */
function closing(): string[] {
  const ports = `1-${OUTBOUND_PORTS.first - 1}`;
  return [
    "rule add prio 100 lookup local",
    `rule add prio 10 iif eth0 ipproto tcp dport ${ports} blackhole`,
    `rule add prio 11 iif eth0 ipproto udp dport ${ports} blackhole`,
    "rule del prio 0",
  ];
}
