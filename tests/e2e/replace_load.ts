/** Everything that clients do to a server, all the time, and what came of it. */
import { equal } from "node:assert/strict";
import { JobClient } from "../../lib/client/job_client.ts";
import { TlsTransport } from "../../lib/client/tls_transport.ts";
import type { Outcome } from "../helpers/command.ts";
import { waitFor } from "../helpers/wait_for.ts";
import type { Worker } from "../helpers/worker.ts";

/** Counts until there is a file, and says in another one how far it came. */
const COUNTER =
  'i=0; while [ ! -e "$0" ]; do seq $i $((i+299)); i=$((i+300)); sleep 0.02; done; echo $i >"$1"';

/** Longer than all replacements take on a slow machine. */
const FOLLOW_MS = 600_000;

/** What a {@linkcode ReplaceLoad} came to. */
export interface LoadReport {
  failures: string[];
  /** Calls that succeeded, by what makes them. */
  calls: Record<string, number>;
  /** Names of jobs that were started, as told when they were, and as the server lists them. */
  started: string[];
  jobs: string[];
  /** What followers got, and what the jobs printed. */
  followed: { received: string; printed: string }[];
}

/**
 * Calls on new connections (curl over HTTP/1.1 and HTTP/2, the command line) and on ones that are
 * kept (the library), which read and which start jobs, beside followers of jobs that print.
 */
export class ReplaceLoad implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #go: string;
  readonly #failures: string[] = [];
  readonly #calls: Record<string, number> = {};
  readonly #started: string[] = [];
  readonly #ended = new AbortController();
  readonly #client: JobClient;
  readonly #transport: TlsTransport;
  #loops: Promise<void>[] = [];
  #followers: { count: string; outcome: Promise<Outcome> }[] = [];

  private constructor(worker: Worker, transport: TlsTransport) {
    this.#worker = worker;
    this.#go = `${worker.folder}/go`;
    this.#transport = transport;
    this.#client = new JobClient(transport);
  }

  static async begin(worker: Worker): Promise<ReplaceLoad> {
    const { cacert, cert, key } = worker.admin;
    const load = new ReplaceLoad(
      worker,
      new TlsTransport({
        address: worker.addr,
        cacert: await Deno.readTextFile(cacert),
        cert: await Deno.readTextFile(cert),
        key: await Deno.readTextFile(key),
      }),
    );
    await load.#follow();
    load.#loops = [
      load.#loop("curl h1", () => load.#curl("--http1.1")),
      load.#loop("curl h2", () => load.#curl("--http2")),
      load.#loop("curl start", (name) => load.#curlStart(name)),
      load.#loop("curl run", (name) => load.#curlRun(name)),
      load.#loop("cli run", (name) => load.#cliRun(name)),
      load.#loop("library list", () => load.#client.list({ limit: 1 })),
      load.#loop("library start", (name) => load.#libraryStart(name)),
    ];
    return load;
  }

  /** Resolves when every kind of call has succeeded once more. */
  async progress(): Promise<void> {
    const before = { ...this.#calls };
    await waitFor(
      "a call of each kind",
      () =>
        this.#failures.length > 0 ||
        Object.entries(this.#calls).every(([kind, count]) =>
          count > (before[kind] ?? 0)
        ),
      { timeout: 60_000 },
    );
  }

  async end(): Promise<LoadReport> {
    this.#ended.abort();
    await Promise.all(this.#loops);
    await Deno.writeTextFile(this.#go, "");
    const followed = await Promise.all(
      this.#followers.map(async ({ count, outcome }) => {
        const { code, stdout, stderr } = await outcome;
        if (code !== 0) this.#failures.push(`worker output: ${stderr}`);
        const lines = Number(await Deno.readTextFile(count));
        const printed = Array.from({ length: lines }, (_, line) => `${line}\n`);
        return { received: stdout, printed: printed.join("") };
      }),
    );
    const jobs = (await this.#client.list())
      .map(({ name }) => name).filter((name) => name !== null).sort();
    return {
      failures: this.#failures,
      calls: this.#calls,
      started: this.#started.sort(),
      jobs,
      followed,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#loops);
    await Deno.writeTextFile(this.#go, "");
    await Promise.all(this.#followers.map(({ outcome }) => outcome));
    this.#transport[Symbol.dispose]();
  }

  /** Calls again and again until the end. */
  async #loop(
    kind: string,
    call: (name: string) => Promise<unknown>,
  ): Promise<void> {
    this.#calls[kind] = 0;
    for (let count = 0; !this.#ended.signal.aborted; count++) {
      try {
        await call(`${kind} ${count}`);
        this.#calls[kind]++;
      } catch (error) {
        this.#failures.push(`${kind}: ${(error as Error).message}`);
      }
    }
  }

  async #curl(protocol: string): Promise<void> {
    const { code, stdout, stderr } = await this.#worker.curl(
      "/v1/jobs?limit=1",
      [protocol, "--fail-with-body"],
    );
    if (code !== 0) throw new Error(`curl ended with ${code}: ${stderr}`);
    JSON.parse(stdout);
  }

  async #curlStart(name: string): Promise<void> {
    const { code, stderr } = await this.#worker.curl("/v1/jobs", [
      "--fail-with-body",
      "-d",
      JSON.stringify({ command: "true", name }),
    ]);
    if (code !== 0) throw new Error(`curl ended with ${code}: ${stderr}`);
    this.#started.push(name);
  }

  async #curlRun(name: string): Promise<void> {
    const { code, stdout, stderr } = await this.#worker.curl("/v1/run", [
      "--fail-with-body",
      "-d",
      JSON.stringify({ command: "true", name }),
    ]);
    if (code !== 0) throw new Error(`curl ended with ${code}: ${stderr}`);
    equal(JSON.parse(stdout.trim().split("\n").at(-1)!).type, "end");
    this.#started.push(name);
  }

  async #cliRun(name: string): Promise<void> {
    const { code, stdout, stderr } = await this.#worker.cli([
      "run",
      `--name=${name}`,
      "echo",
      name,
    ]);
    if (code !== 0 || stdout !== `${name}\n`) {
      throw new Error(`worker run ended with ${code}: ${stderr}`);
    }
    this.#started.push(name);
  }

  async #libraryStart(name: string): Promise<void> {
    await this.#client.start({ command: "true", name });
    this.#started.push(name);
  }

  async #follow(): Promise<void> {
    for (let follower = 0; follower < 3; follower++) {
      const count = `${this.#worker.folder}/count-${follower}`;
      const { id } = await this.#client.start({
        command: "sh",
        args: ["-c", COUNTER, this.#go, count],
      });
      const outcome = this.#worker.cli(["output", "-f", id], {
        timeout: FOLLOW_MS,
      });
      this.#followers.push({ count, outcome });
    }
  }
}
