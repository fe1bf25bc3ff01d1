import { WorkerError } from "./errors.ts";

const UNIT_BYTES: Record<string, number> = {
  "": 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** What {@linkcode parseSize} accepts, as a pattern for schemas. */
export const SIZE_PATTERN = /^\d+(?:\.\d+)?[KMGT]?$/;

/**
 * Bytes of a size such as `"512K"`, `"256M"`, `"2G"` or `"4096"` (1024-based).
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` when the text is not a size.
 */
export function parseSize(text: string): number {
  if (!SIZE_PATTERN.test(text)) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `"${text}" is not a size: write for example "512K", "256M" or "2G"`,
    );
  }
  const unit = /[KMGT]$/.exec(text)?.[0] ?? "";
  return Math.floor(
    Number(text.slice(0, text.length - unit.length)) * UNIT_BYTES[unit]!,
  );
}
