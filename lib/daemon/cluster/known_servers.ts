import { join } from "node:path";
import * as z from "zod";
import { getLogger } from "@logtape/logtape";
import { parseServerAddress } from "../../config/cluster_parsers.ts";

const logger = getLogger(["worker", "cluster"]);

/** More would only make a search longer. */
const MAX_SERVERS = 64;

const FileSchema = z.object({ servers: z.array(z.string()).max(1_000) });

/**
 * Addresses of servers that answer for the cluster: those of the configuration, and those that the
 * cluster has told, which outlive a restart.
 */
export class KnownServers {
  readonly #path: string;
  readonly #given: () => readonly string[];
  #told: readonly string[];
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    { path, given, told }: {
      path: string;
      given: () => readonly string[];
      told: readonly string[];
    },
  ) {
    this.#path = path;
    this.#given = given;
    this.#told = told;
  }

  /** Whether any are remembered there: so it is on every host that has joined a cluster. */
  static areIn(stateDir: string): Promise<boolean> {
    return isThere(pathIn(stateDir));
  }

  /** Reads what was remembered; a file that can't be used is as good as none, and is logged. */
  static async load(
    stateDir: string,
    { given }: { given: () => readonly string[] },
  ): Promise<KnownServers> {
    const path = pathIn(stateDir);
    return new KnownServers({ path, given, told: await read(path) });
  }

  /** `host:port`: those of the configuration first. */
  list(): string[] {
    return [...new Set([...this.#given(), ...this.#told])];
  }

  /** The same, those that the cluster has told first, which begin with auth. */
  authFirst(): string[] {
    return [...new Set([...this.#told, ...this.#given()])];
  }

  /** Remembers what the cluster tells. What is no address is left out. */
  remember(servers: readonly string[]): Promise<void> {
    const told = [...new Set(servers.filter(isAddress))].slice(0, MAX_SERVERS);
    // Who tells of none knows less than is known here.
    const same = told.length === 0 || told.join() === this.#told.join();
    if (!same) this.#told = told;
    return this.#writing = this.#writing.catch(() => {}).then(async () => {
      if (same && await isThere(this.#path)) return;
      await write(this.#path, { servers: this.#told });
    });
  }
}

function pathIn(stateDir: string): string {
  return join(stateDir, "servers.json");
}

function isAddress(text: string): boolean {
  try {
    return parseServerAddress(text) === text;
  } catch {
    return false;
  }
}

async function read(path: string): Promise<string[]> {
  try {
    const text = await Deno.readTextFile(path);
    return FileSchema.parse(JSON.parse(text)).servers.filter(isAddress);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    logger
      .warn`"${path}" can't be used, the servers of the configuration are: ${
      (error as Error).message
    }`;
    return [];
  }
}

async function write(path: string, content: unknown): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.new`;
  const text = JSON.stringify(content) + "\n";
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true, mode: 0o600 });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
