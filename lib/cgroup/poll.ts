export interface PollOptions {
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

/**
 * Looks again and again, with growing pauses, until `done` answers true.
 *
 * @returns false when it took too long.
 * @throws the signal's reason.
 */
export async function poll(
  done: () => boolean,
  { timeoutMs, signal }: PollOptions,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (
    let pause = FIRST_PAUSE_MS;;
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  ) {
    signal?.throwIfAborted();
    if (done()) return true;
    const left = deadline - performance.now();
    if (left <= 0) return false;
    await new Promise((resolve) =>
      setTimeout(resolve, Math.min(pause, Math.ceil(left)))
    );
  }
}
