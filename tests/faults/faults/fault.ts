import type { Random } from "../random.ts";
import type { Server } from "../server.ts";
import type { Workload } from "../workload.ts";

/** What a fault happens to. */
export interface Scene {
  server: Server;
  workload: Workload;
  random: Random;
}

/** Something that goes wrong. */
export interface Fault {
  /** As it is printed. */
  name: string;
  /** Why it can't happen on this host; null when it can. */
  missing?(scene: Pick<Scene, "server">): string | null;
  /** Lets it happen; resolves when it is over and the server may recover. */
  happen(scene: Scene): Promise<void>;
}
