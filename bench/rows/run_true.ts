import { WORKER_BIN } from "../../tests/helpers/worker.ts";
import type { Row } from "../row.ts";
import { figure, median, summary } from "../stats.ts";
import { interleave, timed } from "../timed.ts";

const TURNS = 40;
const TARGET = 0.5;

/** A new process and a new connection for the smallest command there is. */
export const runTrue: Row = {
  name: "run_true",
  what:
    "`worker run true`, new process and connection, against `ssh host true`",
  target: `≤ ${TARGET} ×`,
  async measure({ worker, sshd }) {
    const { a, b } = await interleave(
      TURNS,
      () => timed([WORKER_BIN, "run", "true"], { env: worker.env }),
      () => timed([...sshd.ssh, "true"]),
    );
    const ratio = median(a) / median(b);
    return {
      measured: `${figure(ratio)} × (${figure(median(a))} ms against ${
        figure(median(b))
      } ms)`,
      met: ratio <= TARGET,
      details: [`worker: ${summary(a, "ms")}`, `ssh: ${summary(b, "ms")}`],
    };
  },
};
