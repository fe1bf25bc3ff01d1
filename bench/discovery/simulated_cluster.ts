import type { DialTarget } from "../../lib/tunnel/agent_connection.ts";
import type { ProxyInfo } from "../../lib/tunnel/proxy_info.ts";
import type { VirtualClock } from "../../tests/helpers/virtual_clock.ts";
import type { Balancer } from "./balancer.ts";
import { between, messageDelay, type Network } from "./network.ts";
import type { SimulatedConnection } from "./simulated_connection.ts";
import { SimulatedProxy } from "./simulated_proxy.ts";

export interface SimulatedClusterOptions {
  clock: VirtualClock;
  random: () => number;
  network: Network;
  balancer: Balancer;
}

/** Proxies that come and go, the list of them in auth, and the balancer before them. */
export class SimulatedCluster {
  /** Those that run, by id. */
  readonly proxies = new Map<string, SimulatedProxy>();
  /** Dials of all nodes, whatever became of them. */
  dials = 0;
  readonly #registered = new Map<string, ProxyInfo>();
  readonly #options: SimulatedClusterOptions;
  #revision = 0;

  constructor(options: SimulatedClusterOptions) {
    this.#options = options;
  }

  /** Starts a proxy and registers it in auth. */
  start(id: string, { generation }: { generation: number }): SimulatedProxy {
    const { clock, random, network } = this.#options;
    const addresses = network.addresses ? [`${id}:7443`] : [];
    const info = {
      id,
      group: "default",
      generation,
      addresses,
      ttlMs: 180_000,
    };
    const proxy = new SimulatedProxy({ info, clock, random, network });
    this.proxies.set(id, proxy);
    this.#registered.set(id, info);
    this.#publish();
    return proxy;
  }

  /** Takes a proxy off the list in auth. */
  unregister(id: string): void {
    this.#registered.delete(id);
    this.#publish();
  }

  /** Ends a proxy and what is connected with it. */
  remove(id: string): void {
    this.proxies.get(id)?.kill();
    this.proxies.delete(id);
  }

  /** Proxies of the list in auth. */
  get registered(): string[] {
    return [...this.#registered.keys()];
  }

  /** One dial of a node. */
  dial(
    target: DialTarget,
    { signal, node }: { signal: AbortSignal; node: number },
  ): Promise<SimulatedConnection> {
    const { clock, random, network, balancer } = this.#options;
    this.dials++;
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), {
        once: true,
      });
      if (target.type === "direct" && !network.direct) return;
      clock.after(between(network.handshakeMs, random), () => {
        const proxy = target.type === "direct"
          ? this.proxies.get(target.proxy)
          : balancer(this.#listening(), node);
        if (proxy?.listens) resolve(proxy.accept(node));
        else reject(new Error("connection refused"));
      });
    });
  }

  #listening(): SimulatedProxy[] {
    return [...this.proxies.values()].filter(({ listens }) => listens);
  }

  /** Each proxy hears of it after a while, some late; of two lists the later one counts. */
  #publish(): void {
    const { clock, random, network } = this.#options;
    const list = [...this.#registered.values()];
    const revision = ++this.#revision;
    for (const proxy of this.proxies.values()) {
      const delay = messageDelay({ ...network, dropped: 0 }, random)!;
      clock.after(delay, () => proxy.learn(list, { revision }));
    }
  }
}
