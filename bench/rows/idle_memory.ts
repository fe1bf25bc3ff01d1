import { delay } from "../../tests/helpers/delay.ts";
import { mebibytes, residentBytes } from "../memory.ts";
import type { Row } from "../row.ts";

const SETTLE_MS = 5_000;
const TARGET_BYTES = 80 * 2 ** 20;

/** What a host pays for a daemon that has nothing to do. */
export const idleMemory: Row = {
  name: "idle_memory",
  what: "idle daemon",
  target: "≤ 80 MiB RSS",
  async measure({ worker }) {
    await delay(SETTLE_MS);
    const fresh = residentBytes(worker.pid);
    for (let n = 0; n < 20; n++) await worker.cli(["run", "true"]);
    await delay(SETTLE_MS);
    const used = residentBytes(worker.pid);
    return {
      measured: mebibytes(fresh),
      met: fresh <= TARGET_BYTES,
      details: [
        `${SETTLE_MS / 1000} s after its first start: ${mebibytes(fresh)}`,
        `${SETTLE_MS / 1000} s after 20 jobs: ${mebibytes(used)}`,
      ],
    };
  },
};
