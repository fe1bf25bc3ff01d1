import { waitFor } from "../../tests/helpers/wait_for.ts";
import type { ProxyStatus } from "../../lib/api/presence.ts";
import { Api } from "../api.ts";
import { HUB, reachable, startNode, startProxy } from "../cluster_node.ts";
import type { Row } from "../row.ts";
import { figure, summary } from "../stats.ts";

const NODES = ["node-1", "node-2", "node-3", "node-4", "node-5"];
const TURNS = 3;
const TARGET_MS = 5_000;

/** How soon nodes find a proxy that comes. */
export const tunnelReach: Row = {
  name: "tunnel_reach",
  what:
    `${NODES.length} nodes are reached through a new proxy, after it registers`,
  target: `≤ ${TARGET_MS / 1000} s`,
  serve: HUB,
  async measure({ worker }) {
    await using stack = new AsyncDisposableStack();
    for (const name of NODES) stack.use(await startNode(worker, { name }));
    using hub = new Api(worker);
    const reached: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const name = `proxy-${turn}`;
      const registering = registered(hub, name);
      await using proxy = await startProxy(worker, { name });
      const since = await registering;
      using api = new Api({ addr: proxy.addr, admin: worker.admin });
      const times = await Promise.all(
        NODES.map((node) => reachable(api, node, { interval: 10 })),
      );
      reached.push(Math.max(...times) - since);
    }
    const slowest = Math.max(...reached);
    return {
      measured: `${figure(slowest / 1000)} s`,
      met: slowest <= TARGET_MS,
      details: [
        `from when the authority lists the proxy until the last node answers through it: ${
          summary(reached, "ms")
        }`,
        "the nodes know one other proxy, whose list is all that tells them of the new one",
      ],
    };
  },
};

/** When the authority lists a proxy. */
async function registered(hub: Api, name: string): Promise<number> {
  await waitFor(`the proxy "${name}" to register`, async () => {
    const proxies = await hub.json<ProxyStatus[]>("/v1/proxies");
    return proxies.some((each) => each.name === name);
  }, { timeout: 60_000, interval: 5 });
  return performance.now();
}
