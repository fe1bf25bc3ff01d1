import { WorkerError } from "../api/errors.ts";
import { PidLock } from "../jobhost/pid_lock.ts";

/** Keeps a second server off a state directory, for as long as this process lives. */
export class StateLock implements Disposable {
  readonly #lock: PidLock;

  /** @throws {WorkerError} `CONFLICT` when another process holds it. */
  constructor(path: string) {
    const lock = PidLock.take(path);
    if (lock === null) throw inUse(path);
    this.#lock = lock;
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}

/** Says that the process that holds the lock at this path uses the state directory. */
export function inUse(path: string): WorkerError {
  return new WorkerError(
    "CONFLICT",
    `another server (pid ${
      PidLock.pidIn(path) ?? "unknown"
    }) uses the state directory: stop it, or choose another with --state-dir`,
  );
}
