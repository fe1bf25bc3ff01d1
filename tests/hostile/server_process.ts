/** A server in a process of its own, so that its death is a result and not the end of the test. */
import { setTimeout as delay } from "node:timers/promises";
import type { Credentials } from "../helpers/listener.ts";

/** A running child that printed the port it listens on. */
export class ServerProcess implements AsyncDisposable {
  /** How it ended; null while it runs. */
  ended: Deno.CommandStatus | null = null;

  private constructor(
    readonly port: number,
    private readonly child: Deno.ChildProcess,
  ) {
    child.status.then((status) => this.ended = status);
  }

  /** Runs `script` of this folder with the credentials as JSON on its standard input. */
  static async start(
    script: string,
    { credentials, args = [] }: { credentials: Credentials; args?: string[] },
  ): Promise<ServerProcess> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--allow-all", "--quiet", "--cached-only"],
        new URL(script, import.meta.url).pathname,
        ...args,
      ],
      stdin: "piped",
      stdout: "piped",
      // A native abort prints its assertion; what matters is the signal.
      stderr: "null",
    }).spawn();
    await new Blob([JSON.stringify(credentials)]).stream().pipeTo(child.stdin);
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    const port = Number(new TextDecoder().decode(value));
    if (!(port > 0)) throw new Error(`"${script}" did not print a port`);
    return new ServerProcess(port, child);
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Resident memory in bytes. */
  async rss(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.pid}/status`);
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** Resolves when the process has ended, at the latest after a second. */
  async settled(): Promise<void> {
    for (let round = 0; round < 100 && this.ended === null; round++) {
      await delay(10);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended === null) this.child.kill("SIGKILL");
    await this.child.status;
  }
}
