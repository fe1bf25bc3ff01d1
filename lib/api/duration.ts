import { WorkerError } from "./errors.ts";

const UNIT_MS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** What {@linkcode parseDuration} accepts, as a pattern for schemas. */
export const DURATION_PATTERN = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

/**
 * Milliseconds of a duration such as `"10s"`, `"1h30m"`, `"250ms"` or `"90d"`.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` when the text is not a duration; a negative one is not.
 */
export function parseDuration(text: string): number {
  if (!DURATION_PATTERN.test(text)) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `"${text}" is not a duration: write for example "10s", "5m" or "1h30m"`,
    );
  }
  let ms = 0;
  for (
    const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)
  ) {
    ms += Number(amount) * UNIT_MS[unit!]!;
  }
  return ms;
}
