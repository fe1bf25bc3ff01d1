import { WorkerError } from "../lib/api/errors.ts";
import { ConfigError } from "../lib/config/config_error.ts";
import { EXIT_OF_ERROR } from "./exit_codes.ts";
import { ExitError, OutputClosedError } from "./exit_error.ts";
import { printHint } from "./print.ts";

/** Tells the error in one line, or every mistake of a configuration in its own, and answers the exit code it leads to. */
export async function reportError(error: unknown): Promise<number> {
  if (error instanceof OutputClosedError) return error.exitCode;
  const lines = error instanceof ConfigError
    ? error.lines
    : [describeError(error)];
  for (const line of lines) await printHint(line);
  if (error instanceof ExitError) return error.exitCode;
  if (error instanceof WorkerError) return EXIT_OF_ERROR[error.code];
  return EXIT_OF_ERROR.INTERNAL;
}

/** The error and what caused it, where its own words do not say it already. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const told = error instanceof WorkerError || error instanceof ExitError;
  if (told || !(error.cause instanceof Error)) return error.message;
  const { message } = error.cause;
  return error.message.includes(message)
    ? error.message
    : `${error.message}: ${message}`;
}
