import { delay } from "../client/delay.ts";
import { PidLock } from "../jobhost/pid_lock.ts";

const LOOK_MS = 20;

/** Takes a lock as soon as its holder lets go. @throws the signal's reason when it aborts before. */
export async function awaitLock(
  path: string,
  signal: AbortSignal,
): Promise<PidLock> {
  for (;;) {
    signal.throwIfAborted();
    const lock = PidLock.take(path);
    if (lock !== null) return lock;
    await delay(LOOK_MS, signal);
  }
}
