import { DURATION_PATTERN, parseDuration } from "./duration.ts";
import { WorkerError } from "./errors.ts";
import { parseRfc3339 } from "./rfc3339.ts";

/** Later than this is a mistake: ten years in milliseconds. */
const FURTHEST_MS = 3650 * 86_400_000;

/** Why a text says no time to start at; null when it does. */
export function problemOfStartAfter(
  text: string,
  now: number = Date.now(),
): string | null {
  const at = millisecondsOf(text, now);
  if (Number.isNaN(at)) {
    return `"${text}" is not a time to start: write a duration such as "10s", or a time such as "2027-01-31T08:00:00Z"`;
  }
  return at - now > FURTHEST_MS
    ? `"${text}" is too far ahead: write 3650d at most`
    : null;
}

/**
 * The time, RFC 3339 in UTC, that a duration from now or an RFC 3339 time means. One that is past
 * means at once.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` when it is neither.
 */
export function startTime(text: string, now: number = Date.now()): string {
  const problem = problemOfStartAfter(text, now);
  if (problem !== null) throw new WorkerError("INVALID_ARGUMENT", problem);
  return new Date(millisecondsOf(text, now)).toISOString();
}

/** Milliseconds since the epoch; NaN when it is no time. */
function millisecondsOf(text: string, now: number): number {
  if (DURATION_PATTERN.test(text)) return now + parseDuration(text);
  return parseRfc3339(text);
}
