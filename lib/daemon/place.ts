import { WorkerError } from "../api/errors.ts";
import { PidLock } from "../jobhost/pid_lock.ts";
import { awaitLock } from "./await_lock.ts";

/** Whoever looks whether somebody has the place is done within this. */
const LOOKED_AT_MS = 100;

/** What follows something is served on for so long where it could go on elsewhere, ms. */
export const LINGER_MS = 1_000;

/**
 * The place of a server in its state directory: one at a time has it, and may hand it over to the
 * next while it still ends what it has begun.
 */
export class Place implements Disposable {
  readonly #path: string;
  #lock: PidLock | null;
  /** Who is to hand it over. */
  readonly #predecessor: number | null;
  #handedOver = false;

  private constructor(
    path: string,
    { lock = null, predecessor = null }: {
      lock?: PidLock | null;
      predecessor?: number | null;
    },
  ) {
    this.#path = path;
    this.#lock = lock;
    this.#predecessor = predecessor;
  }

  /** @throws {WorkerError} `CONFLICT` when another process has it. */
  static async take(path: string): Promise<Place> {
    const lock = await PidLock.takeWithin(path, LOOKED_AT_MS);
    if (lock === null) throw inUse(path);
    return new Place(path, { lock });
  }

  /** A place that another process has, and hands over once this one serves. */
  static await(path: string): Place {
    return new Place(path, { predecessor: PidLock.pidIn(path) });
  }

  /** Whether this process had it and another one has it now, or is about to. */
  get handedOver(): boolean {
    return this.#handedOver;
  }

  /**
   * How long who follows a job, or waits for one, is served on when this process ends, ms: where
   * another one has the place, short commands may come to their end here.
   */
  get lingerMs(): number {
    return this.#handedOver ? LINGER_MS : 0;
  }

  /**
   * Waits until whoever has it hands it over, or ends.
   *
   * @throws {WorkerError} `CONFLICT` when a third process was faster; the signal's reason.
   */
  async enter(signal: AbortSignal): Promise<void> {
    const path = this.#path;
    this.#lock ??= await awaitLock(path, signal, () => {
      const holder = PidLock.pidIn(path);
      if (holder !== null && holder !== this.#predecessor) throw inUse(path);
    });
  }

  /** Lets the next one have it. */
  handOver(): void {
    this.#handedOver = true;
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#lock?.[Symbol.dispose]();
    this.#lock = null;
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
