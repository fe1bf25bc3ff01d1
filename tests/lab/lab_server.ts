import {
  type CommandOptions,
  type Outcome,
  runCommand,
} from "../helpers/command.ts";
import type { Credentials } from "../helpers/credentials.ts";
import { curlWords } from "../helpers/credentials.ts";
import { isAlive } from "../helpers/jobs.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { WORKER_BIN, WORKER_CACHE } from "../helpers/worker.ts";
import type { LabHost } from "./lab_host.ts";

/** What a server says when it serves: where it listens, or by whom it is reached. */
const SERVES = /^worker (?:listens on|is reached) /m;

export interface LabServerOptions {
  /** Arguments of `worker serve` besides the state directory. */
  args?: readonly string[];
}

/** A server of the built executable on a host. It ends with the network, if not before. */
export class LabServer {
  readonly stateDir: string;
  /** Of all commands on this host. */
  readonly env: Record<string, string>;
  args: readonly string[];
  #pid = 0;
  /** Length of its log when it was started. */
  #said = 0;

  constructor(readonly host: LabHost, { args = [] }: LabServerOptions = {}) {
    this.stateDir = `${host.folder}/state`;
    this.env = {
      XDG_CONFIG_HOME: `${host.folder}/config`,
      XDG_CACHE_HOME: WORKER_CACHE,
      WORKER_PROFILE: "",
      WORKER_ADDR: "",
      WORKER_CACERT: "",
      WORKER_CERT: "",
      WORKER_KEY: "",
    };
    this.args = args;
  }

  get pid(): number {
    return this.#pid;
  }

  get running(): boolean {
    return isAlive(this.#pid);
  }

  /** The administrator that a server with an authority of its own makes. */
  get admin(): Credentials {
    const folder = `${this.stateDir}/admin`;
    return {
      cacert: `${folder}/ca.crt`,
      cert: `${folder}/admin.crt`,
      key: `${folder}/admin.key`,
    };
  }

  /** What it has printed since its first start. */
  async log(): Promise<string> {
    return await Deno.readTextFile(this.#logFile).catch(() => "");
  }

  /** Starts it; resolves when it says that it serves. */
  async start(): Promise<void> {
    await this.launch();
    await this.ready();
  }

  /** Starts it, and waits for nothing. */
  async launch(): Promise<void> {
    this.#said = (await this.log()).length;
    this.#pid = await this.host.daemon([
      ...[WORKER_BIN, "serve", `--state-dir=${this.stateDir}`],
      ...this.args,
    ], { log: this.#logFile, env: this.env });
  }

  /** Resolves when it serves. */
  async ready(): Promise<void> {
    await waitFor(`the server of "${this.host.name}" to serve`, async () => {
      if (!this.running) {
        throw new Error(
          `the server of "${this.host.name}" ended; it said:\n${await this
            .log()}`,
        );
      }
      return SERVES.test((await this.log()).slice(this.#said)) &&
        await this.#answersAdmin();
    }, { timeout: 60_000 });
  }

  signal(signal: Deno.Signal): void {
    Deno.kill(this.#pid, signal);
  }

  /** Ends it with a signal; resolves when it is gone. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    if (this.running) this.signal(signal);
    await waitFor(
      `the server of "${this.host.name}" to end`,
      () => !this.running,
      { timeout: 60_000 },
    );
  }

  /** Has it start another one in its place; from then on that one is the server. */
  async replace(): Promise<void> {
    const before = this.#pid;
    this.signal("SIGUSR2");
    this.#pid = await waitFor("the server to be replaced", async () => {
      const text = await Deno.readTextFile(`${this.stateDir}/run/worker.pid`);
      const pid = Number(text);
      return pid > 0 && pid !== before && !isAlive(before) && isAlive(pid) &&
        pid;
    }, { timeout: 60_000 });
  }

  /** The administrator's socket, for `--addr`. */
  get socket(): string {
    return `unix:${this.stateDir}/run/admin.sock`;
  }

  /** Runs `worker …` on this host. */
  cli(
    args: readonly string[],
    options: CommandOptions = {},
  ): Promise<Outcome> {
    return this.host.run([WORKER_BIN, ...args], {
      ...options,
      env: { ...this.env, ...options.env },
    });
  }

  /** Runs `worker …` on this host as the administrator of this server. */
  administer(args: readonly string[]): Promise<Outcome> {
    return this.cli([...args, `--addr=${this.socket}`]);
  }

  /** Its socket is there a moment after it listens on the network. */
  async #answersAdmin(): Promise<boolean> {
    const path = this.socket.replace(/^unix:/, "");
    try {
      (await Deno.connect({ transport: "unix", path })).close();
      return true;
    } catch {
      return false;
    }
  }

  get #logFile(): string {
    return `${this.host.folder}/serve.log`;
  }
}

/** Runs `curl` on a host as somebody. */
export function curlFrom(
  host: LabHost,
  url: string,
  { as, args = [] }: { as: Credentials; args?: readonly string[] },
): Promise<Outcome> {
  return runCommand(
    host.words([...curlWords(as), "--max-time", "30", ...args, url]),
  );
}
