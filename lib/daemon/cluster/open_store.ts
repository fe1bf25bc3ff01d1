import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { SYSTEM_CLOCK } from "../../clock.ts";
import { SqliteStore, StoreError } from "../../cluster/mod.ts";
import { sleep } from "../sleep.ts";

const logger = getLogger(["worker", "cluster"]);

const RETRY_MS = 100;

/**
 * Opens the store of a cluster, `cluster/cluster.db` of the state directory. The server that this one
 * replaces may have it for a moment more.
 *
 * It has a folder of its own because certificates are watched in the state directory: the runtime's
 * watcher opens and closes whatever changes beside them, and by that the kernel drops this process's
 * locks on it, which are SQLite's.
 *
 * @throws {StoreError} `damaged`, `unavailable`; the signal's reason
 */
export async function openStore(
  stateDir: string,
  { signal }: { signal: AbortSignal },
): Promise<SqliteStore> {
  const folder = join(stateDir, "cluster");
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "cluster.db");
  for (let attempt = 0;; attempt++) {
    signal.throwIfAborted();
    try {
      return SqliteStore.open(path);
    } catch (error) {
      const inUse = error instanceof StoreError && error.code === "in_use";
      if (!inUse) throw error;
      if (attempt === 0) logger.info`waiting: ${error.message}`;
    }
    await sleep(RETRY_MS, { clock: SYSTEM_CLOCK, until: [signal] });
  }
}
