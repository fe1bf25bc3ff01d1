import type { Worker } from "../tests/helpers/worker.ts";
import { WORKER_BIN } from "../tests/helpers/worker.ts";

/** Milliseconds that one life of a server took. */
export interface DaemonTimes {
  /** From the start of the process to the line that says where it listens. */
  ready: number;
  /** From SIGTERM to its end. */
  shutdown: number;
}

/**
 * Starts a server of the state directory and the address of `worker`, whose own one does not run,
 * and ends it.
 *
 * @throws {Error} with what it said when it ends otherwise than asked.
 */
export async function timeDaemon(worker: Worker): Promise<DaemonTimes> {
  const started = performance.now();
  const daemon = new Deno.Command(WORKER_BIN, {
    args: [
      "serve",
      `--state-dir=${worker.stateDir}`,
      `--listen=${worker.addr}`,
      "--log-level=error",
    ],
    env: worker.env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let said = "";
  let ready = 0;
  let asked = 0;
  for await (const text of daemon.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (ready > 0 || !/listens on .*\n/.test(said)) continue;
    ready = performance.now() - started;
    asked = performance.now();
    daemon.kill("SIGTERM");
  }
  const { code } = await daemon.status;
  const shutdown = performance.now() - asked;
  if (ready > 0 && code === 0) return { ready, shutdown };
  throw new Error(`the server ended with ${code}; it said:\n${said}`);
}
