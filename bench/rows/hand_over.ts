import { PidLock } from "../../lib/jobhost/pid_lock.ts";
import { waitFor } from "../../tests/helpers/wait_for.ts";
import { Api } from "../api.ts";
import type { Row } from "../row.ts";
import { figure, median, summary } from "../stats.ts";

const RUNS = 20;
const TARGET_MS = 1_000;

/** How long a server takes to be replaced, while somebody asks it things. */
export const handOver: Row = {
  name: "hand_over",
  what: "SIGUSR2 until another process serves in the server's place",
  target: `≤ ${TARGET_MS} ms, no request refused`,
  async measure({ worker }) {
    const lock = `${worker.stateDir}/run/worker.pid`;
    const taken: number[] = [];
    const ended: number[] = [];
    using asking = ask(worker);
    for (let run = 0; run < RUNS; run++) {
      const before = worker.pid;
      const began = performance.now();
      const replaced = worker.replace();
      await waitFor("the other one to take the place", () => {
        const pid = PidLock.isHeld(lock) ? PidLock.pidIn(lock) : null;
        return pid !== null && pid !== before;
      }, { interval: 2 });
      taken.push(performance.now() - began);
      await replaced;
      ended.push(performance.now() - began);
    }
    const { answered, failed } = await asking.end();
    return {
      measured: `${figure(median(taken))} ms, ${failed} of ${
        answered + failed
      } requests failed`,
      met: median(taken) <= TARGET_MS && failed === 0,
      details: [
        `until the other one has the place: ${summary(taken, "ms")}`,
        `until the old one has ended: ${summary(ended, "ms")}`,
        "each request on a new connection, one after the other",
      ],
    };
  },
};

/** Asks for the jobs again and again, each time on a connection of its own. */
function ask(worker: Parameters<Row["measure"]>[0]["worker"]) {
  let over = false;
  let answered = 0;
  let failed = 0;
  const asking = (async () => {
    while (!over) {
      try {
        using api = new Api(worker);
        await api.json("/v1/jobs?limit=1");
        answered++;
      } catch {
        failed++;
      }
    }
  })();
  return {
    async end() {
      over = true;
      await asking;
      return { answered, failed };
    },
    [Symbol.dispose]: () => void (over = true),
  };
}
