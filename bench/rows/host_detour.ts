import { WORKER_BIN } from "../../tests/helpers/worker.ts";
import { Api } from "../api.ts";
import { startOneProcess } from "../one_process.ts";
import type { Row } from "../row.ts";
import { figure, median, summary } from "../stats.ts";
import { interleave, timed } from "../timed.ts";

const BYTES = 2 ** 30;
const COMMAND = ["head", "-c", "1G", "/dev/zero"];
const TURNS = 7;
const REQUESTS = 300;
const TARGET = 0.9;

/** What it costs that jobs live in a process of their own. */
export const hostDetour: Row = {
  name: "host_detour",
  what:
    "`worker run head -c 1G /dev/zero > /dev/null` with the job host in between, against a server that runs jobs itself",
  target: `≥ ${TARGET} × its throughput`,
  async measure({ worker }) {
    await using direct = await startOneProcess(worker);
    const run = (addr: string) => () =>
      timed([WORKER_BIN, "run", ...COMMAND], {
        env: { ...worker.env, WORKER_ADDR: addr },
      });
    const { a, b } = await interleave(
      TURNS,
      run(worker.addr),
      run(direct.addr),
    );
    // Of each turn: what else the machine does changes from one to the next.
    const ratios = a.map((ms, turn) => b[turn]! / ms);
    const ratio = median(ratios);
    const rate = (ms: number) => BYTES / 2 ** 20 / (ms / 1000);

    using through = new Api(worker);
    using straight = new Api({ addr: direct.addr, admin: worker.admin });
    const short = await interleave(
      REQUESTS,
      () => runTrue(through),
      () => runTrue(straight),
    );
    return {
      measured: `${figure(ratio)} × (${figure(rate(median(a)))} MiB/s against ${
        figure(rate(median(b)))
      } MiB/s)`,
      met: ratio >= TARGET,
      details: [
        `throughput, turn by turn: ${summary(ratios, "×")}`,
        `with the job host: ${summary(a.map(rate), "MiB/s")}`,
        `jobs in the process that serves: ${summary(b.map(rate), "MiB/s")}`,
        `\`POST /v1/run\` of \`true\` with the job host: ${
          summary(short.a, "ms")
        }`,
        `without: ${summary(short.b, "ms")}`,
        "in turns; the same runtime, flags, listener, app and client",
      ],
    };
  },
};

async function runTrue(api: Api): Promise<number> {
  const started = performance.now();
  const response = await api.call("/v1/run", { body: { command: "true" } });
  await response.text();
  return performance.now() - started;
}
