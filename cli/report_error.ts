import { WorkerError } from "../lib/api/errors.ts";
import { EXIT_OF_ERROR } from "./exit_codes.ts";
import { ExitError, OutputClosedError } from "./exit_error.ts";
import { printHint } from "./print.ts";

/** Tells the error in one line and answers the exit code it leads to. */
export async function reportError(error: unknown): Promise<number> {
  if (error instanceof OutputClosedError) return error.exitCode;
  await printHint(describeError(error));
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
