import type { JobClient } from "../../lib/client/mod.ts";
import { JobClient as Client, TlsTransport } from "../../lib/client/mod.ts";
import { runCommand } from "../helpers/command.ts";
import { CuttingProxy } from "../helpers/cutting_proxy.ts";
import { delay } from "../helpers/delay.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { Worker, WORKER_BIN } from "../helpers/worker.ts";
import { FakeClock } from "./fake_clock.ts";

/** A time in which no job host lived, ms since the epoch. */
export interface Blackout {
  from: number;
  to: number;
}

/** Room for all output of all jobs, and little more. */
const DISK_BYTES = 128 * 2 ** 20;

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

  /** The clock that its processes see; null where it can't be turned. */
  readonly clock: FakeClock | null;
  /** Its state directory is a small disk of its own. */
  readonly ownDisk: boolean;
  readonly #folder: string;

  private constructor(
    worker: Worker,
    { clock, ownDisk, folder }: {
      clock: FakeClock | null;
      ownDisk: boolean;
      folder: string;
    },
  ) {
    this.worker = worker;
    this.clock = clock;
    this.ownDisk = ownDisk;
    this.#folder = folder;
  }

  /** @param args Further ones of `worker serve`. */
  static async start(args: string[]): Promise<Server> {
    const folder = await Deno.makeTempDir({ prefix: "worker-faults-" });
    const clock = await FakeClock.create(`${folder}/clock`);
    const worker = new Worker(folder, { args, env: clock?.env ?? {} });
    const ownDisk = await mountDisk(worker.stateDir);
    const server = new Server(worker, { clock, ownDisk, folder });
    await Deno.mkdir(server.files);
    await worker.start();
    server.proxy = await CuttingProxy.listen(worker.addr);
    return server;
  }

  /** The working directory of jobs. */
  get files(): string {
    return `${this.#folder}/files`;
  }

  /** The job host that takes new jobs. @throws {Error} when there is none. */
  get jobHostPid(): number {
    const pid = this.worker.jobHostPid;
    if (pid === null) throw new Error("there is no job host");
    return pid;
  }

  /** Kills the daemon and starts another one. */
  async restartDaemon(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    // What it has written before stays, as it does under systemd: the disk may be full.
    await this.worker.stop(signal);
    await this.worker.start();
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

  /** Starts a job host as a daemon does. */
  startJobHost(): Deno.ChildProcess {
    return new Deno.Command(WORKER_BIN, {
      args: ["jobhost", `--state-dir=${this.worker.stateDir}`],
      env: this.worker.env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.worker.stop();
    await this.worker.stopJobHosts();
    if (this.ownDisk) await unmount(this.worker.stateDir);
    await this.worker[Symbol.asyncDispose]();
  }
}

/** A job host gives its lock away before it has closed its log, too. */
async function unmount(path: string): Promise<void> {
  await waitFor(`"${path}" to be unmounted`, async () => {
    const { code } = await runCommand(["umount", path]);
    return code === 0;
  });
}

/** Makes a folder that is a small disk of its own; false where that is not possible. */
async function mountDisk(path: string): Promise<boolean> {
  await Deno.mkdir(path, { mode: 0o700 });
  if (Deno.uid() !== 0) return false;
  const { code } = await runCommand([
    ...["mount", "-t", "tmpfs", "-o", `size=${DISK_BYTES},mode=0700`],
    ...["none", path],
  ]);
  return code === 0;
}
