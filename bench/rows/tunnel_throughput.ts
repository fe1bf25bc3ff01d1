import { WORKER_BIN } from "../../tests/helpers/worker.ts";
import { HUB, startNode } from "../cluster_node.ts";
import type { Row } from "../row.ts";
import { figure, median, summary } from "../stats.ts";
import { interleave, timed } from "../timed.ts";

const BYTES = 2 ** 30;
const TURNS = 5;
const COMMAND = ["head", "-c", "1G", "/dev/zero"];

/** How fast bytes come out of a job on a node that nobody can connect to. */
export const tunnelThroughput: Row = {
  name: "tunnel_throughput",
  what:
    "`worker run --node N head -c 1G /dev/zero > /dev/null` through proxy and tunnel, against `ssh -J`",
  target: "≥ 1.0 × its throughput",
  serve: HUB,
  async measure({ worker, sshd }) {
    await using _node = await startNode(worker);
    await using reversed = await sshd.reverse();
    const { a, b } = await interleave(
      TURNS,
      () =>
        timed([WORKER_BIN, "run", "--node=node-1", ...COMMAND], {
          env: worker.env,
        }),
      () => timed([...sshd.jump, ...COMMAND]),
    );
    const reverse: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      reverse.push(await timed([...reversed.ssh, ...COMMAND]));
    }
    const rate = (ms: number) => BYTES / 2 ** 20 / (ms / 1000);
    const ratio = median(b) / median(a);
    return {
      measured: `${figure(ratio)} × (${figure(rate(median(a)))} MiB/s against ${
        figure(rate(median(b)))
      } MiB/s)`,
      met: ratio >= 1,
      details: [
        `worker: ${summary(a.map(rate), "MiB/s")}`,
        `ssh -J: ${summary(b.map(rate), "MiB/s")}`,
        `through \`ssh -R\`: ${summary(reverse.map(rate), "MiB/s")}`,
      ],
    };
  },
};
