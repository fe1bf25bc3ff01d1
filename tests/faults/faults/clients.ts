import { delay } from "../../helpers/delay.ts";
import type { Fault } from "./fault.ts";

/** Half of those who follow are killed, and others go on where they were. */
export const clientsVanish: Fault = {
  name: "clients vanish",
  happen({ workload, random }) {
    const alive = workload.followers.filter(({ job, follower }) =>
      // `worker run -i` is the only one that can have sent the input.
      !follower.killed && job.plan.input === undefined
    );
    for (const followed of alive) {
      if (random.next() < 0.5) workload.replaceFollower(followed);
    }
    return Promise.resolve();
  },
};

export const socketsReset: Fault = {
  name: "sockets are reset",
  async happen({ server, random }) {
    for (let left = random.int(1, 5); left > 0; left--) {
      server.proxy.cut();
      await delay(random.int(0, 800));
    }
  },
};

/** Nobody reaches the server through the network for a while. */
export const networkDown: Fault = {
  name: "the network is down",
  async happen({ server, random }) {
    server.proxy.refusing = true;
    server.proxy.cut();
    await delay(random.int(500, 5_000));
    server.proxy.refusing = false;
  },
};
