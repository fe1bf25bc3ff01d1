import { delay } from "../../helpers/delay.ts";

/** An emulated server that is asked more often does little else. */
const EVERY_MS = 500;

/** How a service's port took connections. */
export interface Connections {
  accepted: number;
  /** What went wrong with the others. */
  refused: string[];
}

/** Connects to a port of this host again and again, until it is told to end. */
export function connects(port: number) {
  const connections: Connections = { accepted: 0, refused: [] };
  let ended = false;
  const running = (async () => {
    while (!ended) {
      try {
        using _ = await Deno.connect({ hostname: "127.0.0.1", port });
        connections.accepted++;
      } catch (error) {
        connections.refused.push((error as Error).message);
      }
      await delay(EVERY_MS);
    }
  })();
  return {
    async end(): Promise<Connections> {
      ended = true;
      await running;
      return connections;
    },
    async [Symbol.asyncDispose]() {
      ended = true;
      await running;
    },
  };
}
