import { livingHosts } from "../../lib/jobhost/living_hosts.ts";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";
import { waitFor } from "./wait_for.ts";

/** Ends the job hosts whose locks are in this `run/` folder, with their jobs. */
export async function stopJobHostsIn(run: string): Promise<void> {
  for (const { pid, lock } of livingHosts(run)) {
    Deno.kill(pid, "SIGTERM");
    await waitFor(`job host ${pid} to end`, () => !PidLock.isHeld(lock));
  }
}

/** What is in a folder; nothing when it is not there. */
export async function entries(folder: string): Promise<Deno.DirEntry[]> {
  return await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
}
