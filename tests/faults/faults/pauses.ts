import { delay } from "../../helpers/delay.ts";
import type { Fault } from "./fault.ts";

/** Stops a process for a while, as a debugger or a machine that swaps does. */
async function pause(pid: number, ms: number): Promise<void> {
  Deno.kill(pid, "SIGSTOP");
  try {
    await delay(ms);
  } finally {
    Deno.kill(pid, "SIGCONT");
  }
}

export const pauseDaemon: Fault = {
  name: "the daemon stands still",
  async happen({ server, random }) {
    await pause(server.worker.pid, random.int(100, 4_000));
  },
};

export const pauseJobHost: Fault = {
  name: "the job host stands still",
  async happen({ server, random }) {
    await pause(server.jobHostPid, random.int(100, 4_000));
  },
};

/** The daemon dies while the job host can't notice, and another one comes. */
export const killBesidePaused: Fault = {
  name: "the daemon is killed while the job host stands still",
  async happen({ server, random }) {
    const paused = pause(server.jobHostPid, random.int(500, 3_000));
    await server.restartDaemon("SIGKILL");
    await paused;
  },
};
