import { delay } from "../client/delay.ts";
import { PidLock } from "../jobhost/pid_lock.ts";

const LOOK_MS = 20;

/**
 * Takes a lock as soon as its holder lets go. `held` is called whenever somebody has it.
 *
 * @throws the signal's reason when it aborts before, and what `held` throws.
 */
export async function awaitLock(
  path: string,
  signal: AbortSignal,
  held: () => void = () => {},
): Promise<PidLock> {
  for (;;) {
    signal.throwIfAborted();
    const lock = PidLock.take(path);
    if (lock !== null) return lock;
    held();
    await delay(LOOK_MS, signal);
  }
}
