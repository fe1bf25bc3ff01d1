import { DURATION_PATTERN, parseDuration } from "./duration.ts";
import { WorkerError } from "./errors.ts";
import { parseRfc3339 } from "./rfc3339.ts";

/**
 * The moment, ms since the epoch, that a duration before now or an RFC 3339 time means.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` when it is neither.
 */
export function parseSince(text: string, now: number = Date.now()): number {
  const at = DURATION_PATTERN.test(text)
    ? now - parseDuration(text)
    : parseRfc3339(text);
  if (!Number.isNaN(at)) return at;
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `"${text}" is no moment in the past: write a duration such as "1h", or a time such as "2026-01-31T08:00:00Z"`,
  );
}
