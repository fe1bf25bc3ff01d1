import type { ErrorCode } from "../lib/api/errors.ts";
import type { JobExit } from "../lib/api/job.ts";
import { signalNumber } from "../lib/api/signals.ts";

/**
 * Exit codes of the command line.
 *
 * `run`, `wait`, `start -l` and `output -f` exit like the job: its exit code, or 128+n when signal
 * n ended it. What the server refuses has a code that commands seldom use, so that a script can
 * tell the two apart; 126 and 127 are what a shell says.
 */
export const EXIT = {
  ok: 0,
  /** `doctor` found a fault; `completions` and others could not do their own part. */
  failed: 1,
  /** The command line, or a value in the request, is wrong. */
  usage: 2,
  /** The job ran out of time and took it well; what timeout(1) says. */
  timedOut: 124,
  /** The job was stopped before it started; 128 + SIGTERM. */
  neverStarted: 143,
  /** The job ended in a way that nobody saw: unknown is never success. */
  lost: 254,
  /** The connection and not the command failed. */
  connection: 255,
  /** 128 + SIGPIPE: whoever read our standard output has closed it. */
  outputClosed: 141,
} as const;

/** Exit codes for what the server refuses, and for the connection (255). */
export const EXIT_OF_ERROR: Record<ErrorCode, number> = {
  INVALID_ARGUMENT: EXIT.usage,
  UNSUPPORTED: 120,
  RESOURCE_EXHAUSTED: 121,
  CONFLICT: 122,
  NOT_FOUND: 123,
  INTERNAL: 125,
  PERMISSION_DENIED: 126,
  COMMAND_NOT_FOUND: 127,
  UNAUTHENTICATED: EXIT.connection,
  UNAVAILABLE: EXIT.connection,
};

/** The exit code that tells a shell how a job ended. */
export function exitCodeOfJob(
  exit: Pick<JobExit, "code" | "signal" | "reason">,
): number {
  if (exit.reason === "timeout" && exit.code === 0) return EXIT.timedOut;
  if (exit.code !== null) return exit.code;
  if (exit.signal !== null) return 128 + signalNumber(exit.signal);
  if (exit.reason === "start_failed") return 126;
  return exit.reason === "stopped" ? EXIT.neverStarted : EXIT.lost;
}
