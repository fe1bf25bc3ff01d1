import { Api } from "../api.ts";
import { HUB, startDirectNode, startNode } from "../cluster_node.ts";
import type { Row } from "../row.ts";
import { figure, median, quantile, summary } from "../stats.ts";
import { interleave, timed } from "../timed.ts";

const CALLS = 500;
const COMMANDS = 10;
const TARGET_MS = 2;

/** What proxy and tunnel cost a small call. */
export const tunnelLatency: Row = {
  name: "tunnel_latency",
  what:
    "`GET /v1/jobs/ID` through proxy and tunnel, against a node that listens itself",
  target: `p50 ≤ ${TARGET_MS} ms more`,
  serve: HUB,
  async measure({ worker, sshd }) {
    await using _node = await startNode(worker);
    await using other = await startDirectNode(worker, { name: "node-2" });
    using through = new Api(worker);
    using direct = new Api({ addr: other.addr, admin: worker.admin });
    const far = await aJob(through, "/v1/nodes/node-1/jobs");
    const near = await aJob(direct, "/v1/jobs");
    const { a, b } = await interleave(
      CALLS,
      () => call(through, far),
      () => call(direct, near),
    );
    const added = median(a) - median(b);

    await using reversed = await sshd.reverse();
    const jump: number[] = [];
    const reverse: number[] = [];
    const run: number[] = [];
    for (let turn = 0; turn < COMMANDS; turn++) {
      run.push(await call(through, "/v1/nodes/node-1/run", "true"));
      jump.push(await timed([...sshd.jump, "true"]));
      reverse.push(await timed([...reversed.ssh, "true"]));
    }
    return {
      measured: `p50 ${figure(added)} ms more (${
        figure(median(a))
      } ms against ${figure(median(b))} ms)`,
      met: added <= TARGET_MS,
      details: [
        `through proxy and tunnel: ${summary(a, "ms")}, p99 ${
          figure(quantile(a, 0.99))
        } ms`,
        `directly: ${summary(b, "ms")}, p99 ${figure(quantile(b, 0.99))} ms`,
        "in turns, one after the other over one HTTP/2 connection each",
        `\`POST …/run\` of \`true\` through both: ${summary(run, "ms")}`,
        `\`ssh -J jump node true\`: ${summary(jump, "ms")}`,
        `\`ssh node true\` through \`ssh -R\`: ${summary(reverse, "ms")}`,
      ],
    };
  },
};

/** Starts a job; the path that tells of it. */
async function aJob(api: Api, jobs: string): Promise<string> {
  const { id } = await api.json<{ id: string }>(jobs, { command: "true" });
  return `${jobs}/${id}`;
}

async function call(api: Api, path: string, command?: string): Promise<number> {
  const started = performance.now();
  const body = command === undefined ? {} : { body: { command } };
  await (await api.call(path, body)).text();
  return performance.now() - started;
}
