import type { JobClient } from "../../lib/client/mod.ts";
import { JobClient as Client, TlsTransport } from "../../lib/client/mod.ts";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";
import { CuttingProxy } from "../helpers/cutting_proxy.ts";
import { delay } from "../helpers/delay.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { Worker } from "../helpers/worker.ts";

/** A time in which no job host lived, ms since the epoch. */
export interface Blackout {
  from: number;
  to: number;
}

/** How long a request may be answered with failures, ms. */
const PATIENCE_MS = 60_000;

/**
 * The server that the faults happen to. It is started again whenever it was killed, as systemd does
 * it, and remembers when it had no job host.
 */
export class Server implements AsyncDisposable {
  readonly worker: Worker;
  readonly blackouts: Blackout[] = [];
  /** In front of it, for clients whose connections are to be cut. */
  proxy!: CuttingProxy;
  /** The disk was full at some time: output may be missing, and then its reader is told. */
  diskWasFull = false;

  private constructor(worker: Worker) {
    this.worker = worker;
  }

  /** @param folder An empty one, which is gone when this is disposed. */
  static async start(
    folder: string,
    options: { args: string[]; env: Record<string, string> },
  ): Promise<Server> {
    const server = new Server(new Worker(folder, options));
    await server.worker.start();
    server.proxy = await CuttingProxy.listen(server.worker.addr);
    return server;
  }

  /** The job host that takes new jobs. @throws {Error} when there is none. */
  get jobHostPid(): number {
    const pid = this.worker.jobHostPid;
    if (pid === null) throw new Error("there is no job host");
    return pid;
  }

  /** Kills the daemon and starts another one. */
  async restartDaemon(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    await this.worker.restart(signal);
  }

  /** Kills the job host; resolves when it is gone. The daemon is to start the next one. */
  async killJobHost(): Promise<void> {
    const pid = this.jobHostPid;
    this.blackouts.push({ from: Date.now(), to: Infinity });
    Deno.kill(pid, "SIGKILL");
    await waitFor(
      `job host ${pid} to be gone`,
      () => this.worker.jobHostPid !== pid,
    );
  }

  /** Resolves when the server answers, and has a job host that has taken all jobs. */
  async recovered(): Promise<void> {
    await waitFor("a job host", () => this.worker.jobHostPid, {
      timeout: PATIENCE_MS,
    });
    await this.ask((jobs) => jobs.list({ limit: 1 }));
    const last = this.blackouts.at(-1);
    if (last?.to === Infinity) last.to = Date.now();
  }

  /** Asks with a connection of its own, again and again while the server can't answer. */
  async ask<T>(
    request: (jobs: JobClient) => Promise<T>,
    { again = true }: { again?: boolean } = {},
  ): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      using transport = await this.#connect();
      try {
        return await request(new Client(transport));
      } catch (error) {
        const { code } = error as { code?: string };
        const passing = code === "UNAVAILABLE" || code === "RESOURCE_EXHAUSTED";
        if (!again || !passing || performance.now() > deadline) throw error;
      }
      await delay(100);
    }
  }

  async #connect(): Promise<TlsTransport> {
    const { admin, addr } = this.worker;
    const [cacert, cert, key] = await Promise.all(
      [admin.cacert, admin.cert, admin.key].map((path) =>
        Deno.readTextFile(path)
      ),
    );
    return new TlsTransport({
      address: addr,
      cacert: cacert!,
      cert: cert!,
      key: key!,
    });
  }

  /** True when a job may have ended at a time without that anybody saw it. */
  wasBlackout(at: number): boolean {
    return this.blackouts.some(({ from, to }) =>
      at >= from - 1_000 && at <= to + 1_000
    );
  }

  /** Whether somebody holds the lock of the daemon, or the one of the job host. */
  runs(file: "worker.pid" | "jobhost.pid"): boolean {
    return PidLock.isHeld(`${this.worker.stateDir}/run/${file}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.worker[Symbol.asyncDispose]();
  }
}
