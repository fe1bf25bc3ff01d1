import { sha256 } from "../helpers/digest.ts";
import { waitFor } from "../helpers/wait_for.ts";
import type { LabHost } from "./lab_host.ts";

/** What a command left behind, with a digest of its standard output. */
export interface Followed {
  code: number;
  bytes: number;
  sha256: string;
  stderr: string;
}

let followers = 0;

/** A command on a host that runs on while other things happen; what it prints goes to files. */
export class Follower {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static async start(
    host: LabHost,
    command: readonly string[],
    { env }: { env: Record<string, string> },
  ): Promise<Follower> {
    const path = `${host.folder}/follower-${followers++}`;
    await host.daemon([
      ...["sh", "-c", 'p=$1; shift; "$@" >$p.out 2>$p.err; echo $? >$p.code'],
      ...["sh", path, ...command],
    ], { log: `${path}.log`, env });
    return new Follower(path);
  }

  /** Bytes that it has printed. */
  async size(): Promise<number> {
    return (await Deno.stat(`${this.#path}.out`).catch(() => ({ size: 0 })))
      .size;
  }

  /** Waits until it has printed so many bytes more than it has now. */
  async grows(by: number): Promise<void> {
    const before = await this.size();
    await waitFor(`${by} bytes more`, async () => {
      if (await this.#code() !== null) {
        throw new Error(`it has ended: ${(await this.end()).stderr}`);
      }
      return await this.size() >= before + by;
    }, { timeout: 60_000 });
  }

  /** Waits until it has ended. */
  async end({ timeout = 90_000 } = {}): Promise<Followed> {
    const code = await waitFor(
      "a command to end",
      async () => {
        const code = await this.#code();
        return code === null ? null : { code };
      },
      { timeout },
    );
    const bytes = await Deno.readFile(`${this.#path}.out`);
    return {
      ...code,
      bytes: bytes.length,
      sha256: await sha256(bytes),
      stderr: await Deno.readTextFile(`${this.#path}.err`),
    };
  }

  async #code(): Promise<number | null> {
    const text = await Deno.readTextFile(`${this.#path}.code`).catch(() => "");
    return text.endsWith("\n") ? Number(text) : null;
  }
}
