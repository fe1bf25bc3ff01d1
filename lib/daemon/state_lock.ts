import { join } from "node:path";
import { WorkerError } from "../api/errors.ts";
import { PidLock } from "../jobhost/pid_lock.ts";

/** Keeps a second server off a state directory, for as long as this process lives. */
export class StateLock implements Disposable {
  readonly #lock: PidLock;

  /** @throws {WorkerError} `CONFLICT` when another process holds it. */
  constructor(runDirectory: string) {
    const path = join(runDirectory, "worker.pid");
    const lock = PidLock.take(path);
    if (lock === null) {
      throw new WorkerError(
        "CONFLICT",
        `another server (pid ${
          PidLock.pidIn(path) ?? "unknown"
        }) uses the state directory: stop it, or choose another with --state-dir`,
      );
    }
    this.#lock = lock;
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}
