import { hostPaths } from "./host_paths.ts";

const LIMIT_BYTES = 4 * 2 ** 20;

/**
 * Keeps the log of the job host small: what is there goes to `jobhost.log.1`, and the file, to which
 * the process appends through a descriptor that it was given, begins anew.
 */
export function rotateLog(stateDir: string, limit = LIMIT_BYTES): void {
  const { log } = hostPaths(stateDir);
  try {
    if (Deno.statSync(log).size <= limit) return;
    Deno.copyFileSync(log, `${log}.1`);
    Deno.truncateSync(log);
  } catch (error) {
    // Somebody tidied up, or the log goes elsewhere.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
