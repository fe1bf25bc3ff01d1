import { waitFor } from "./wait_for.ts";

/** What tests need of a server's process. */
export type ServerProcess = Pick<
  Deno.ChildProcess,
  "pid" | "kill" | "status"
>;

/** A process that somebody else has started; its exit code is not known, and said to be 0. */
export function adoptProcess(pid: number): ServerProcess {
  let status: Promise<Deno.CommandStatus> | undefined;
  return {
    pid,
    kill: (signal = "SIGTERM") => Deno.kill(pid, signal),
    get status() {
      return status ??= waitFor(`process ${pid} to end`, () => hasEnded(pid))
        .then(() => ({ success: true, code: 0, signal: null }));
    },
  };
}

function hasEnded(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
  } catch {
    return true;
  }
}
