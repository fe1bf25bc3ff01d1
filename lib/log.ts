import {
  configureSync,
  getAnsiColorFormatter,
  getTextFormatter,
  jsonLinesFormatter,
  type LogLevel as AnyLevel,
  type LogRecord,
} from "@logtape/logtape";

/** Levels of `--log-level`, from most to least. */
export const LOG_LEVELS = [
  "debug",
  "info",
  "warning",
  "error",
] as const satisfies AnyLevel[];

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Parts of the program that can have a level of their own: categories below `worker`. */
export const LOG_CATEGORIES = [
  "audit",
  "certs",
  "cluster",
  "daemon",
  "http",
  "jobhost",
  "jobs",
  "listener",
  "supervisor",
  "tunnel",
] as const;

/** What is logged. */
export interface LogConfig {
  /** The lowest level of what is logged. */
  readonly level: LogLevel;
  /** The lowest level of single categories, in place of `level`. */
  readonly levels: Readonly<Record<string, LogLevel>>;
}

/**
 * Sends logs to standard error: text on a terminal, JSON lines otherwise. Called again, it replaces
 * what was configured before.
 */
export function configureLog({ level, levels }: LogConfig): void {
  // What a message names has its quotes in the message; control characters are escaped all the same.
  const format = !Deno.stderr.isTerminal()
    ? (record: LogRecord) => jsonLinesFormatter(withBareStrings(record))
    : Deno.noColor
    ? getTextFormatter({ value: "bare" })
    : getAnsiColorFormatter({ value: "bare" });
  const encoder = new TextEncoder();
  const sinks: "stderr"[] = ["stderr"];
  configureSync({
    reset: true,
    sinks: { stderr: (record) => writeAll(encoder.encode(format(record))) },
    loggers: [
      { category: "worker", lowestLevel: level, sinks },
      ...Object.entries(levels).map(([category, lowestLevel]) => ({
        category: ["worker", category],
        lowestLevel,
        sinks,
        // The parent's sink would ask for the parent's level.
        parentSinks: "override" as const,
      })),
      {
        category: ["logtape", "meta"],
        lowestLevel: "warning",
        sinks,
      },
    ],
  });
}

/** The record with the strings of its message as they are; the formatter would quote them. */
function withBareStrings(record: LogRecord): LogRecord {
  const message: unknown[] = [""];
  for (const part of record.message) {
    if (typeof part === "string") message[message.length - 1] += part;
    else message.push(part, "");
  }
  return { ...record, message };
}

function writeAll(bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length;) {
      at += Deno.stderr.writeSync(bytes.subarray(at));
    }
  } catch {
    // Whoever read the log is gone; there is nobody to tell.
  }
}
