import { delay } from "./delay.ts";

export interface WaitForOptions {
  /** Milliseconds until it gives up. @default {60_000} */
  timeout?: number;
  /** Milliseconds between two looks. @default {20} */
  interval?: number;
}

/**
 * Polls until `look` answers something that is neither null, undefined nor false, and gives that.
 *
 * @throws {Error} that names `what` when it takes too long.
 */
export async function waitFor<T>(
  what: string,
  look: () => T | Promise<T>,
  { timeout = 60_000, interval = 20 }: WaitForOptions = {},
): Promise<Exclude<T, null | undefined | false>> {
  const deadline = performance.now() + timeout;
  while (true) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) {
      return seen as Exclude<T, null | undefined | false>;
    }
    if (performance.now() > deadline) {
      throw new Error(`gave up after ${timeout} ms waiting for ${what}`);
    }
    await delay(interval);
  }
}
