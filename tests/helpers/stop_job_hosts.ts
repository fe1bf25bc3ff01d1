import { PidLock } from "../../lib/jobhost/pid_lock.ts";
import { waitFor } from "./wait_for.ts";

/** Ends the job hosts whose locks are in this `run/` folder, with their jobs. */
export async function stopJobHostsIn(run: string): Promise<void> {
  for (const { name } of await entries(run)) {
    const path = `${run}/${name}`;
    if (!/^jobhost\.(?:pid|\d+\.json)$/.test(name)) continue;
    const pid = PidLock.pidIn(path) ?? Number(name.split(".")[1]);
    if (!PidLock.isHeld(path) || !(pid > 0)) continue;
    Deno.kill(pid, "SIGTERM");
    await waitFor(`job host ${pid} to end`, () => !PidLock.isHeld(path));
  }
}

/** What is in a folder; nothing when it is not there. */
export async function entries(folder: string): Promise<Deno.DirEntry[]> {
  return await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
}
