import { WORKER_BIN } from "../../tests/helpers/worker.ts";
import type { Row } from "../row.ts";
import { figure, median, summary } from "../stats.ts";
import { interleave, timed } from "../timed.ts";

const BYTES = 2 * 2 ** 30;
const TURNS = 5;
const COMMAND = ["head", "-c", "2G", "/dev/zero"];

/** How fast bytes come out of a job. */
export const throughput: Row = {
  name: "throughput",
  what: "`worker run head -c 2G /dev/zero > /dev/null` against ssh",
  target: "≥ 1.0 × its throughput",
  async measure({ worker, sshd }) {
    const { a, b } = await interleave(
      TURNS,
      () => timed([WORKER_BIN, "run", ...COMMAND], { env: worker.env }),
      () => timed([...sshd.ssh, ...COMMAND]),
    );
    const rate = (ms: number) => BYTES / 2 ** 20 / (ms / 1000);
    const ratio = median(b) / median(a);
    return {
      measured: `${figure(ratio)} × (${figure(rate(median(a)))} MiB/s against ${
        figure(rate(median(b)))
      } MiB/s)`,
      met: ratio >= 1,
      details: [
        `worker: ${summary(a.map(rate), "MiB/s")}`,
        `ssh: ${summary(b.map(rate), "MiB/s")}`,
      ],
    };
  },
};
