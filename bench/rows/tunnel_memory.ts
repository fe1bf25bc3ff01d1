import { delay } from "../../tests/helpers/delay.ts";
import { waitFor } from "../../tests/helpers/wait_for.ts";
import type { Worker } from "../../tests/helpers/worker.ts";
import { Api } from "../api.ts";
import { HUB } from "../cluster_node.ts";
import { mebibytes, residentBytes } from "../memory.ts";
import type { Row } from "../row.ts";
import { figure } from "../stats.ts";

const WARM_UP = 20;
const TUNNELS = 1_000;
const SETTLE_MS = 10_000;
const TARGET_BYTES = 150 * 1024;

/** What a node that nobody asks for anything costs a proxy. */
export const tunnelMemory: Row = {
  name: "tunnel_memory",
  what: `memory of a proxy with ${TUNNELS} idle tunnels`,
  target: "≤ 150 KiB a tunnel",
  serve: HUB,
  async measure({ worker }) {
    using api = new Api(worker);
    {
      // So that what the first tunnels load is not counted for the others.
      await using _some = await crowd(worker, WARM_UP);
      await tunnels(api, WARM_UP);
    }
    await tunnels(api, 0);
    await delay(SETTLE_MS);
    const before = residentBytes(worker.pid);
    await using _all = await crowd(worker, TUNNELS);
    await tunnels(api, TUNNELS);
    const connected = residentBytes(worker.pid);
    await delay(SETTLE_MS);
    await tunnels(api, TUNNELS);
    const idle = residentBytes(worker.pid);
    const each = (idle - before) / TUNNELS;
    return {
      measured: `${figure(each / 1024)} KiB a tunnel`,
      met: each <= TARGET_BYTES,
      details: [
        `resident before: ${mebibytes(before)}, with ${TUNNELS} tunnels: ${
          mebibytes(connected)
        }, ${SETTLE_MS / 1000} s later: ${mebibytes(idle)}`,
        "a process beside it has the other ends of all: real TLS, a certificate each",
      ],
    };
  },
};

/** Starts so many nodes in a process; they are connected when it resolves. */
async function crowd(
  { stateDir, addr }: Worker,
  count: number,
): Promise<AsyncDisposable> {
  const program = new URL("../tunnel_crowd_program.ts", import.meta.url);
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-all", "--no-check", program.pathname],
      ...[stateDir, addr, String(count)],
    ],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let said = "";
  const reading = (async () => {
    for await (
      const text of process.stdout.pipeThrough(new TextDecoderStream())
    ) said += text;
  })();
  await waitFor("the tunnels of a crowd", () => said.includes("connected"), {
    timeout: 120_000,
  });
  return {
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
      await reading;
    },
  };
}

/** Waits until the proxy has so many tunnels. */
async function tunnels(api: Api, count: number): Promise<void> {
  await waitFor(`${count} tunnels`, async () => {
    const text = await (await api.call("/metrics")).text();
    // Summed up by state, if there are several.
    const counts = text.matchAll(/^worker_tunnels(?:\{.*\})? (\d+)/gm);
    return counts.reduce((sum, [, n]) => sum + Number(n), 0) === count;
  }, { timeout: 120_000, interval: 200 });
}
