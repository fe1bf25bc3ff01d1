/** Resolves after `ms` milliseconds: the pace of a poll, never a guess at how long something takes. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
