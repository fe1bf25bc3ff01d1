import type { Worker } from "../../tests/helpers/worker.ts";
import { HUB, startNode, startProxy, tunnelTo } from "../cluster_node.ts";
import type { Row } from "../row.ts";
import { figure, summary } from "../stats.ts";

const TURNS = 5;
const KILLED_TARGET_MS = 1_000;
/** Three intervals of heartbeats. */
const SILENT_TARGET_MS = 45_000;

/** How soon a node notices that a proxy is gone. */
export const tunnelLost: Row = {
  name: "tunnel_lost",
  what: "a node notices that its proxy was killed; that it is silent",
  target: `≤ ${KILLED_TARGET_MS / 1000} s; ≤ ${SILENT_TARGET_MS / 1000} s`,
  serve: HUB,
  async measure({ worker }) {
    await using node = await startNode(worker);
    const lost = async (name: string, end: (proxy: Worker) => unknown) => {
      await using proxy = await startProxy(worker, { name });
      await tunnelTo(name, { node, there: true });
      const since = performance.now();
      await end(proxy);
      const at = await tunnelTo(name, { node, there: false });
      // One that is stopped would not end when it is told to.
      await proxy.stop("SIGKILL");
      return at - since;
    };
    const killed: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      killed.push(
        await lost(`killed-${turn}`, (proxy) => {
          Deno.kill(proxy.pid, "SIGKILL");
        }),
      );
    }
    const silent = await lost("silent", (proxy) => {
      Deno.kill(proxy.pid, "SIGSTOP");
    });
    const slowest = Math.max(...killed);
    return {
      measured: `${figure(slowest / 1000)} s; ${figure(silent / 1000)} s`,
      met: slowest <= KILLED_TARGET_MS && silent <= SILENT_TARGET_MS,
      details: [
        `from \`kill -9\` of the proxy until the node says that it has no tunnel to it: ${
          summary(killed, "ms")
        }`,
        `from its SIGSTOP until then: ${figure(silent)} ms, once`,
      ],
    };
  },
};
