import { type ParsedArguments, valueOf } from "../command.ts";
import { UsageError } from "../exit_error.ts";

/** More than anybody means, and exact as a number. */
const MAX_DIGITS = 15;

/**
 * The value of an option that counts something; undefined when it was not given.
 *
 * @param limits `min`: the least that it may be. @default {{ min: 0 }}
 * @throws {UsageError} when it is not a count.
 */
export function countOf(
  typed: ParsedArguments,
  name: string,
  { min = 0 }: { min?: number } = {},
): number | undefined {
  const text = valueOf(typed, name);
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text) && text.length <= MAX_DIGITS && Number(text) >= min) {
    return Number(text);
  }
  throw new UsageError(
    `"${text}" is not a count: --${name} needs ${min} or more`,
  );
}
