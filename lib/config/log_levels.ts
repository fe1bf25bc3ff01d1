import type { LogConfig, LogLevel } from "../log.ts";
import { parseLogLevel } from "./parsers.ts";

/** Words of a command line that say it to another process: `--log-level=info --log-level=jobs=debug`. */
export function logArguments({ level, levels }: LogConfig): string[] {
  const single = Object.entries(levels).map(([key, one]) => `${key}=${one}`);
  return [level, ...single].map((text) => `--log-level=${text}`);
}

/**
 * Reads the values of {@linkcode logArguments}. A category that is not known is one of another
 * build: nothing is logged there.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` for what is not a level.
 */
export function parseLogLevels(texts: readonly string[]): LogConfig {
  let level: LogLevel = "info";
  const levels: Record<string, LogLevel> = {};
  for (const { key, text } of texts.map(splitLogLevel)) {
    if (key === null) level = parseLogLevel(text);
    else levels[key] = parseLogLevel(text);
  }
  return { level, levels };
}

/** Tells `level` from `category=level`: what `--log-level` was given. */
export function splitLogLevel(
  text: string,
): { key: string | null; text: string } {
  const at = text.indexOf("=");
  return at < 0
    ? { key: null, text }
    : { key: text.slice(0, at), text: text.slice(at + 1) };
}
