import type { Clock } from "../../lib/clock.ts";
import type { ProxyInfo } from "../../lib/tunnel/proxy_info.ts";
import { messageDelay, type Network } from "./network.ts";
import { SimulatedConnection } from "./simulated_connection.ts";

const GOSSIP_MS = 30_000;

export interface SimulatedProxyOptions {
  info: ProxyInfo;
  clock: Clock;
  random: () => number;
  network: Network;
}

/** A proxy that takes tunnels and gossips what it has heard from auth. */
export class SimulatedProxy {
  readonly info: ProxyInfo;
  readonly connections = new Set<SimulatedConnection>();
  /** Handshakes in each second of the run. */
  readonly dialsAt = new Map<number, number>();
  listens = true;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #network: Network;
  #view: readonly ProxyInfo[] = [];
  #revision = 0;

  constructor({ info, clock, random, network }: SimulatedProxyOptions) {
    this.info = info;
    this.#clock = clock;
    this.#random = random;
    this.#network = network;
  }

  get id(): string {
    return this.info.id;
  }

  /** The end of a handshake. */
  accept(node: number): SimulatedConnection {
    const second = Math.floor(this.#clock.monotonic() / 1000);
    this.dialsAt.set(second, (this.dialsAt.get(second) ?? 0) + 1);
    return new SimulatedConnection(this, node);
  }

  /** Hello, then the list, then the list every 30 s. */
  serve(connection: SimulatedConnection): void {
    this.connections.add(connection);
    const gossip = () => {
      if (connection.isClosed) return;
      this.#tell(connection);
      this.#clock.after(GOSSIP_MS, gossip);
    };
    gossip();
  }

  /** Auth tells it the list as it was at this revision. */
  learn(list: readonly ProxyInfo[], { revision }: { revision: number }): void {
    if (revision < this.#revision) return;
    this.#revision = revision;
    this.#view = list;
    for (const connection of this.connections) this.#tell(connection);
  }

  /** Takes nothing new and tells its agents. */
  drain(): void {
    this.listens = false;
    for (const connection of [...this.connections]) connection.proxyDrains();
  }

  /** Is gone. */
  kill(): void {
    this.listens = false;
    for (const connection of [...this.connections]) {
      connection.end("reset by peer");
    }
  }

  #tell(connection: SimulatedConnection): void {
    const delay = messageDelay(this.#network, this.#random);
    if (delay === null) return;
    const view = this.#view;
    this.#clock.after(delay, () => connection.hear(view));
  }
}
