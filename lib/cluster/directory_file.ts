import { getLogger } from "@logtape/logtape";
import * as z from "zod";
import { NodeStatusSchema, ProxyStatusSchema } from "../api/presence_schema.ts";
import type { Clock } from "../clock.ts";
import type { MemberDirectory } from "./member_directory.ts";

const logger = getLogger(["worker", "cluster"]);

/** Written at most so often, ms: members change all the time. */
const WRITE_EVERY_MS = 5_000;

const FileSchema = z.object({
  nodes: z.array(NodeStatusSchema),
  proxies: z.array(ProxyStatusSchema),
});

/** What a {@linkcode DirectoryFile} is made of. */
export interface DirectoryFileOptions {
  path: string;
  directory: MemberDirectory;
  clock: Clock;
}

/**
 * A directory in a file, for a server that starts while auth is away. It is a copy of what auth
 * knows: one that is lost or damaged is no loss but of time.
 */
export class DirectoryFile implements AsyncDisposable {
  readonly #options: DirectoryFileOptions;
  #cancel: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(options: DirectoryFileOptions) {
    this.#options = options;
  }

  /** Puts what is in the file into the directory, which is known then. Never rejects. */
  async load(): Promise<void> {
    const { path, directory } = this.#options;
    try {
      const text = await Deno.readTextFile(path);
      const { nodes, proxies } = FileSchema.parse(JSON.parse(text));
      for (const node of nodes) directory.setNode(node);
      for (const proxy of proxies) directory.setProxy(proxy);
      directory.becomeKnown();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      logger.warn`"${path}" is not used, auth will tell anew: ${
        (error as Error).message
      }`;
    }
  }

  /** Something changed: it is written soon. */
  changed(): void {
    this.#cancel ??= this.#options.clock.after(WRITE_EVERY_MS, () => {
      this.#cancel = null;
      this.#writing = this.#writing.then(() => this.#write());
    });
  }

  /** Writes what is not written yet. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#cancel !== null) {
      this.#cancel();
      this.#cancel = null;
      this.#writing = this.#writing.then(() => this.#write());
    }
    await this.#writing;
  }

  async #write(): Promise<void> {
    const { path, directory } = this.#options;
    const nodes = directory.nodes();
    const text = JSON.stringify({ nodes, proxies: directory.proxies() }) + "\n";
    const temporary = `${path}.new`;
    try {
      await Deno.writeTextFile(temporary, text, { mode: 0o600 });
      await Deno.rename(temporary, path);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) {
        logger.warn`"${path}" is not written: ${(error as Error).message}`;
      }
      this.#failed = true;
    }
  }
}
