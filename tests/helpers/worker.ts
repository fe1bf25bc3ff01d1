/**
 * A real server of the built executable, with a state directory, a configuration and certificates of
 * its own, for tests and the benchmark:
 *
 *     await using worker = await startWorker();
 *     equal((await worker.cli(["run", "echo", "hi"])).stdout, "hi\n");
 */
import {
  type Credentials,
  curlWords,
  issueCertificate,
} from "./credentials.ts";
import { type CommandOptions, type Outcome, runCommand } from "./command.ts";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";
import { adoptProcess, type ServerProcess } from "./adopt_process.ts";
import { hasOfferedProfile } from "./has_offered_profile.ts";
import { isAlive } from "./jobs.ts";
import { parentOf, readAddress } from "./read_address.ts";
import { serversOf } from "./servers_of.ts";
import { entries, stopJobHostsIn } from "./stop_job_hosts.ts";
import { waitFor } from "./wait_for.ts";
import { WORKER_BIN, WORKER_CACHE, WORKER_SOURCES } from "./worker_program.ts";

export { WORKER_BIN, WORKER_CACHE, WORKER_SOURCES };

/** What a server says that could not be replaced. */
const NOT_REPLACED = "not replaced, this server goes on";

export interface StartWorkerOptions {
  /** What is run. @default {[WORKER_BIN]} */
  program?: readonly string[];
  /** Where it listens. @default {"127.0.0.1:0"} */
  listen?: string;
  /** Further arguments of `worker serve`. */
  args?: string[];
  env?: Record<string, string>;
}

/** A running server. Disposing it stops it and removes what it has written. */
export class Worker implements AsyncDisposable {
  /** Everything it keeps on disk; the state directory is in it. */
  readonly folder: string;
  readonly stateDir: string;
  /** The environment of its commands: the caller's caches, but a profile of its own. */
  readonly env: Record<string, string>;

  readonly #options: StartWorkerOptions;
  readonly #program: readonly string[];
  #addr = "";
  #log = "";
  #process: ServerProcess | null = null;
  #drained: Promise<void> = Promise.resolve();

  constructor(folder: string, options: StartWorkerOptions) {
    this.folder = folder;
    this.stateDir = `${folder}/state`;
    this.#options = options;
    this.#program = options.program ?? [WORKER_BIN];
    this.env = {
      XDG_CONFIG_HOME: `${folder}/config`,
      XDG_CACHE_HOME: WORKER_CACHE,
      WORKER_PROFILE: "",
      WORKER_ADDR: "",
      WORKER_CACERT: "",
      WORKER_CERT: "",
      WORKER_KEY: "",
      ...options.env,
    };
  }

  /** `127.0.0.1:port`; the port stays over restarts. */
  get addr(): string {
    return this.#addr;
  }

  get pid(): number {
    if (!this.#process) throw new Error("the server doesn't run");
    return this.#process.pid;
  }

  /** What the server has printed so far. */
  get log(): string {
    return this.#log;
  }

  /** The administrator that the first start has made. */
  get admin(): Credentials {
    const folder = `${this.stateDir}/admin`;
    return {
      cacert: `${folder}/ca.crt`,
      cert: `${folder}/admin.crt`,
      key: `${folder}/admin.key`,
    };
  }

  /** Starts the server; resolves when it listens and clients on this host find it. */
  async start(): Promise<void> {
    const before = this.#log.length;
    const [program, ...args] = this.#program;
    const process = new Deno.Command(program!, {
      args: [
        ...args,
        "serve",
        `--state-dir=${this.stateDir}`,
        `--listen=${this.#addr || this.#options.listen || "127.0.0.1:0"}`,
        ...this.#options.args ?? [],
      ],
      env: this.env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#process = process;
    this.#drained = Promise.all([
      this.#collect(process.stdout),
      this.#collect(process.stderr),
    ]).then(() => {});
    let ended: number | null = null;
    process.status.then(({ code }) => ended = code);
    try {
      this.#addr = await waitFor("the server to listen", async () => {
        if (ended !== null) throw new Error(`the server ended with ${ended}`);
        const addr = await readAddress(this.stateDir, process.pid);
        const said = this.#log.slice(before);
        return addr !== null && await hasOfferedProfile(said, this.admin) &&
          addr;
      });
    } catch (error) {
      await this.stop("SIGKILL");
      throw new Error(`cannot start the server; it said:\n${this.#log}`, {
        cause: error,
      });
    }
  }

  /** Ends the server; resolves with its exit code when it is gone. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<number> {
    const process = this.#process;
    if (!process) return 0;
    this.#process = null;
    try {
      process.kill(signal);
    } catch {
      // It is gone already.
    }
    const timer = setTimeout(() => process.kill("SIGKILL"), 30_000);
    const { code } = await process.status;
    clearTimeout(timer);
    await this.#drained;
    return code;
  }

  /** Has the server start another one in its place; as {@linkcode replaced}. */
  replace(): Promise<number> {
    this.#process!.kill("SIGUSR2");
    return this.replaced();
  }

  /**
   * Waits until the server, which was told to, has been replaced and has ended; its exit code. From
   * then on the other one is the server.
   */
  async replaced(): Promise<number> {
    const failed = this.#log.split(NOT_REPLACED).length;
    let code: number | null = null;
    void this.#process!.status.then((status) => code = status.code);
    await waitFor("the server to be replaced", () => {
      if (this.#log.split(NOT_REPLACED).length > failed) {
        throw new Error(`the server was not replaced; it said:\n${this.#log}`);
      }
      return code !== null;
    }, { timeout: 60_000 });
    await this.adopt();
    return code!;
  }

  /** Waits until a process has the server's place; from then on that one is the server. */
  async adopt(): Promise<void> {
    // With --run-as the server's process is the keeper.
    const kept = this.#options.args?.some((arg) => arg.startsWith("--run-as"));
    const lock = `${this.stateDir}/run/${kept ? "keeper" : "worker"}.pid`;
    // One that was killed leaves its pid there for the moment in which the next one takes the lock.
    const pid = await waitFor("a server to have the place", () => {
      const pid = PidLock.isHeld(lock) ? PidLock.pidIn(lock) : null;
      return pid !== null && isAlive(pid) && pid;
    });
    if (pid !== this.#process?.pid) this.#process = adoptProcess(pid);
  }

  /** The processes that are the server, or begin or cease to be it. */
  serving(): Promise<number[]> {
    return serversOf(this.stateDir);
  }

  /** Ends the server with a signal and starts it again, at the same address. */
  async restart(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    await this.stop(signal);
    await Deno.remove(`${this.stateDir}/run/address`).catch(() => {});
    await this.start();
  }

  /** Runs `worker …` with this server's profile. */
  cli(args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    return runCommand([...this.#program, ...args], {
      ...options,
      env: { ...this.env, ...options.env },
    });
  }

  /** Runs `curl` on a path of the API, as the administrator or somebody else. */
  curl(
    path: string,
    args: readonly string[] = [],
    options: CommandOptions & { as?: Credentials } = {},
  ): Promise<Outcome> {
    const { as = this.admin, ...rest } = options;
    const url = `https://${this.#addr}${path}`;
    return runCommand([...curlWords(as), ...args, url], rest);
  }

  /** Issues a client certificate with `worker certs issue`. */
  async issue(
    name: string,
    args: readonly string[] = [],
  ): Promise<Credentials> {
    return await issueCertificate(this, { name, args });
  }

  /** The job host that takes new jobs; null when there is none. */
  get jobHostPid(): number | null {
    const lock = `${this.stateDir}/run/jobhost.pid`;
    return PidLock.isHeld(lock) ? PidLock.pidIn(lock) : null;
  }

  /** What the job hosts have logged. */
  async jobHostLog(): Promise<string> {
    return await Deno.readTextFile(`${this.stateDir}/run/jobhost.log`)
      .catch(() => "");
  }

  /** Ends every job host, with its jobs: also those of other state directories in the folder. */
  async stopJobHosts(): Promise<void> {
    for (const { name } of await entries(this.folder)) {
      await stopJobHostsIn(`${this.folder}/${name}/run`);
    }
  }

  /** Ends the server, each one that a test has lost sight of, and every job host. */
  async stopAll(): Promise<void> {
    const own = this.#process?.pid;
    for (const pid of await this.serving()) {
      // It would keep the log open.
      if (pid !== own && parentOf(pid) !== own) Deno.kill(pid, "SIGTERM");
    }
    await this.stop();
    await this.stopJobHosts();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAll();
    // No test expects one, so what it says explains a failure.
    if (this.#log.includes(`"level":"ERROR"`)) {
      console.error(`log of the server:\n${this.#log}`);
    }
    await Deno.remove(this.folder, { recursive: true });
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#log += text;
    }
  }
}

/** Starts a server on a free port of the loopback interface. */
export async function startWorker(
  options: StartWorkerOptions = {},
): Promise<Worker> {
  const folder = await Deno.makeTempDir({ prefix: "worker-test-" });
  const worker = new Worker(folder, options);
  try {
    await worker.start();
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
  return worker;
}
