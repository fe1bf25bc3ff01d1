import {
  ansiColorFormatter,
  configure,
  getTextFormatter,
  jsonLinesFormatter,
  type LogLevel,
} from "@logtape/logtape";

/** Levels of `--log-level`, from most to least. */
export const LOG_LEVELS = [
  "debug",
  "info",
  "warning",
  "error",
] as const satisfies LogLevel[];

/** Sends logs to standard error: text on a terminal, JSON lines otherwise. */
export async function configureLog(
  lowestLevel: (typeof LOG_LEVELS)[number],
): Promise<void> {
  const format = !Deno.stderr.isTerminal()
    ? jsonLinesFormatter
    : Deno.noColor
    ? getTextFormatter()
    : ansiColorFormatter;
  const encoder = new TextEncoder();
  await configure({
    sinks: { stderr: (record) => writeAll(encoder.encode(format(record))) },
    loggers: [
      { category: "worker", lowestLevel, sinks: ["stderr"] },
      {
        category: ["logtape", "meta"],
        lowestLevel: "warning",
        sinks: ["stderr"],
      },
    ],
  });
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
