import type { Clock } from "../clock.ts";

/**
 * Resolves after `ms` milliseconds by that clock, or when one of the signals aborts: whoever sleeps
 * looks what it was.
 */
export async function sleep(
  ms: number,
  { clock, until }: { clock: Clock; until: readonly AbortSignal[] },
): Promise<void> {
  const over = AbortSignal.any([...until]);
  if (over.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  const wake = () => resolve();
  over.addEventListener("abort", wake, { once: true });
  await promise;
  cancel();
  over.removeEventListener("abort", wake);
}
