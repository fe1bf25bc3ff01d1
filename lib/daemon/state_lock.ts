import { join } from "node:path";
import { WorkerError } from "../api/errors.ts";

/**
 * Keeps a second server off a state directory, for as long as this process lives: the kernel drops
 * the lock with it, however it ends.
 */
export class StateLock implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;

  /** @throws {WorkerError} `CONFLICT` when another process holds it. */
  constructor(runDirectory: string) {
    this.#path = join(runDirectory, "worker.pid");
    this.#file = Deno.openSync(this.#path, {
      read: true,
      write: true,
      create: true,
      mode: 0o600,
    });
    if (!this.#file.tryLockSync(true)) {
      this.#file.close();
      const pid = Deno.readTextFileSync(this.#path).trim() || "unknown";
      throw new WorkerError(
        "CONFLICT",
        `another server (pid ${pid}) uses the state directory: stop it, or choose another with --state-dir`,
      );
    }
    this.#file.truncateSync(0);
    this.#file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  }

  [Symbol.dispose](): void {
    this.#file.truncateSync(0);
    this.#file.close();
  }
}
