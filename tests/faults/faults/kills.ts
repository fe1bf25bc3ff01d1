import { delay } from "../../helpers/delay.ts";
import type { Fault } from "./fault.ts";

/** The daemon is killed, several times in a row. */
export const killDaemon: Fault = {
  name: "the daemon is killed",
  async happen({ server, random }) {
    for (let left = random.int(1, 3); left > 0; left--) {
      await server.restartDaemon("SIGKILL");
      await delay(random.int(0, 500));
    }
  },
};

/** The daemon is told to end, and started again. */
export const restartDaemon: Fault = {
  name: "the daemon is restarted",
  async happen({ server }) {
    await server.restartDaemon("SIGTERM");
  },
};

/** The job host is killed, several times in a row. */
export const killJobHost: Fault = {
  name: "the job host is killed",
  async happen({ server, random }) {
    for (let left = random.int(1, 3); left > 0; left--) {
      await server.killJobHost();
      await server.recovered();
      await delay(random.int(0, 500));
    }
  },
};

/** Both are killed, one right after the other. */
export const killBoth: Fault = {
  name: "the daemon and the job host are killed",
  async happen({ server, random }) {
    if (random.next() < 0.5) {
      await server.killJobHost();
      await server.restartDaemon("SIGKILL");
    } else {
      await server.worker.stop("SIGKILL");
      await delay(random.int(0, 300));
      await server.killJobHost();
      await delay(random.int(0, 1_000));
      await server.restartDaemon("SIGKILL");
    }
  },
};
