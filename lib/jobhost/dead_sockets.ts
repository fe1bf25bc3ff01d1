import { join } from "node:path";

/**
 * Removes the sockets of job hosts that were killed. To be called by who holds the lock: every other
 * job host has ended then, or was replaced.
 *
 * @param living Sockets of those that were replaced and still have jobs.
 */
export function removeDeadSockets(
  run: string,
  living: readonly string[],
): void {
  for (const { name } of Deno.readDirSync(run)) {
    const path = join(run, name);
    if (!/^jobs\.\d+\.sock$/.test(name) || living.includes(path)) continue;
    Deno.removeSync(path);
  }
}
