/** A server of the built executable that is started by root and runs as nobody. */
import { PidLock } from "../../lib/jobhost/pid_lock.ts";
import { runCommand } from "../helpers/command.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { type StartWorkerOptions, Worker } from "../helpers/worker.ts";

/** The user as whom these servers talk to the network. */
export const NOBODY = 65534;
/** The words that run a command as a user without any groups but its own. */
export const asUser = (id: number): string[] => [
  "setpriv",
  `--reuid=${id}`,
  `--regid=${id}`,
  "--clear-groups",
  "--",
];

export const AS_NOBODY = asUser(NOBODY);

/** A server that runs as nobody, in a folder that nobody may enter. */
export async function startKept(
  { args = [], ...options }: StartWorkerOptions = {},
): Promise<Worker> {
  const folder = await Deno.makeTempDir({ prefix: "worker-run-as-" });
  await Deno.chmod(folder, 0o755);
  // Where root's profile goes is as closed as root's home: the server looks for nothing there.
  await Deno.mkdir(`${folder}/config`, { mode: 0o700 });
  const worker = new Worker(folder, {
    ...options,
    args: ["--run-as=nobody", ...args],
  });
  try {
    await worker.start();
    await waitFor("the profile", () => worker.log.includes("try: worker run"));
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
  return worker;
}

/** The pid of the daemon; the worker's own is that of its keeper. */
export const daemonPid = (worker: Worker): number =>
  PidLock.pidIn(`${worker.stateDir}/run/worker.pid`)!;

/** What proc(5) says of a process. */
export function statusOf(pid: number): Record<string, string> {
  const lines = Deno.readTextFileSync(`/proc/${pid}/status`).split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/:\s*/)));
}

/** Runs a command as the daemon's user; whether it succeeds. */
export async function nobodyCan(...command: string[]): Promise<boolean> {
  return (await runCommand([...AS_NOBODY, ...command])).code === 0;
}
