import { AgentPool } from "../../lib/tunnel/agent_pool.ts";
import { VirtualClock } from "../../tests/helpers/virtual_clock.ts";
import { type BalancerName, makeBalancer } from "./balancer.ts";
import { Meshes } from "./meshes.ts";
import type { Network } from "./network.ts";
import { seededRandom } from "./random.ts";
import { SimulatedCluster } from "./simulated_cluster.ts";
import type { SimulatedProxy } from "./simulated_proxy.ts";

export interface SimulationOptions {
  nodes: number;
  proxies: number;
  balancer: BalancerName;
  network: Network;
  seed: number;
}

/** What a phase of a simulation took. Times are in milliseconds. */
export interface PhaseResult {
  /** From the moment a node, or a proxy, was there to the node's last connection, or to the proxy. */
  times: number[];
  /** Dials of a node, on the average, for each connection that it had to make. */
  dialsPerConnection: number;
  /** Handshakes in the worst second at one proxy. */
  worstSecond: number;
  /** Nodes that lack a proxy at the end. */
  stuck: number;
  /** Of these, those that blame a sticky balancer. */
  blamed: number;
}

export interface SimulationResult {
  /** All nodes start within 10 s. */
  start: PhaseResult;
  /** Every proxy is replaced by a new one, one after the other, each old one drained. */
  replacement: PhaseResult;
  /** One proxy dies and nobody takes its place: dials for each connection lost. */
  death: PhaseResult;
}

const START_MS = 10_000;
/**
 * A list in ten is lost and the next one comes after 30 s, and a balancer that leads anywhere is asked
 * with a back-off: of many nodes one waits for minutes.
 */
const SETTLE_MS = 300_000;
const STEP_MS = 20_000;
const DRAIN_MS = 10_000;

/** Runs a cluster through its life on a virtual clock, each node with an agent pool of its own. */
export async function simulate(
  { nodes, proxies: count, balancer, network, seed }: SimulationOptions,
): Promise<SimulationResult> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const cluster = new SimulatedCluster({
    ...{ clock, random, network },
    balancer: makeBalancer(balancer, random),
  });
  const meshes = new Meshes({ clock, nodes });
  const pools: AgentPool[] = [];
  const phase = async (made: number, run: () => Promise<number[]>) => {
    const { dials } = cluster;
    const from = clock.monotonic() / 1000;
    const times = await run();
    const stuck = meshes.lacking(cluster.registered);
    return {
      times,
      dialsPerConnection: (cluster.dials - dials) / (nodes * made),
      worstSecond: worstSecond(cluster.proxies.values(), from),
      stuck: stuck.length,
      blamed:
        stuck.filter((node) =>
          pools[node]!.snapshot().verdict.type === "sticky_balancer"
        ).length,
    };
  };

  for (let i = 0; i < count; i++) cluster.start(`a-${i}`, { generation: 1 });
  await clock.run(30_000);

  const start = await phase(count, async () => {
    const started: number[] = [];
    for (let node = 0; node < nodes; node++) {
      const begin = random() * START_MS;
      started.push(clock.monotonic() + begin);
      clock.after(begin, () => {
        pools[node] = new AgentPool({
          ...{ clock, random },
          resolve: () => Promise.resolve("balancer:7443"),
          dial: (target, { signal }) => cluster.dial(target, { signal, node }),
          onEvent: (event) => meshes.note(node, event),
        });
      });
    }
    await clock.run(START_MS + SETTLE_MS);
    return meshes.timesToFullMesh(cluster.registered, started);
  });

  const replacement = await phase(count, async () => {
    const registeredAt = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      cluster.start(`b-${i}`, { generation: 1 });
      registeredAt.set(`b-${i}`, clock.monotonic());
      await clock.run(STEP_MS - DRAIN_MS);
      cluster.unregister(`a-${i}`);
      cluster.proxies.get(`a-${i}`)!.drain();
      await clock.run(DRAIN_MS);
      cluster.remove(`a-${i}`);
    }
    await clock.run(SETTLE_MS);
    return meshes.timesToEach(registeredAt);
  });

  const death = await phase(1, async () => {
    cluster.proxies.get("b-0")!.kill();
    await clock.run(45_000);
    cluster.unregister("b-0");
    await clock.run(SETTLE_MS);
    return [];
  });

  await Promise.all(pools.map((pool) => pool[Symbol.asyncDispose]()));
  return { start, replacement, death };
}

function worstSecond(
  proxies: Iterable<SimulatedProxy>,
  from: number,
): number {
  let worst = 0;
  for (const { dialsAt } of proxies) {
    for (const [second, dials] of dialsAt) {
      if (second >= from && dials > worst) worst = dials;
    }
  }
  return worst;
}
