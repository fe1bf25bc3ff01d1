import { WorkerError } from "../../lib/api/errors.ts";
import type { JobExit } from "../../lib/api/job.ts";
import { EXIT, EXIT_OF_ERROR, exitCodeOfJob } from "../exit_codes.ts";
import { ExitError } from "../exit_error.ts";
import { describeError } from "../report_error.ts";
import { describeEnd } from "../tell_end.ts";

/** What became of the command on a node. */
export interface NodeResult {
  node: string;
  /** As the command line exits for it; null when nothing was done there on purpose. */
  exitCode: number | null;
  /** Milliseconds that it took; null when it never began. */
  ms: number | null;
  /** What the exit code does not say; else null. */
  note: string | null;
  /** It was ended because it had failed elsewhere: its exit code says nothing of the node. */
  stopped?: true;
}

/** What the result is made of besides its node. */
type Taken = Pick<NodeResult, "node" | "ms">;

/** The job has ended. */
export function endedResult(taken: Taken, exit: JobExit): NodeResult {
  return { ...taken, exitCode: exitCodeOfJob(exit), note: describeEnd(exit) };
}

/** The job was stopped because of what happened on another node. */
export function stoppedResult(
  taken: Taken,
  { exit, why }: { exit: JobExit; why: string },
): NodeResult {
  return {
    ...taken,
    exitCode: exitCodeOfJob(exit),
    note: `stopped: ${why}`,
    stopped: true,
  };
}

/** It was refused, or the node was lost. */
export function failedResult(taken: Taken, error: unknown): NodeResult {
  const exitCode = error instanceof ExitError
    ? error.exitCode
    : error instanceof WorkerError
    ? EXIT_OF_ERROR[error.code]
    : EXIT_OF_ERROR.INTERNAL;
  return { ...taken, exitCode, note: describeError(error) };
}

/** The node could not be asked at all. */
export function unreachedResult(node: string, note: string): NodeResult {
  return { node, exitCode: EXIT.connection, ms: null, note };
}

/** It was never begun with. */
export function skippedResult(node: string, note: string): NodeResult {
  return { node, exitCode: null, ms: null, note };
}

export function isFailure({ exitCode, stopped }: NodeResult): boolean {
  return exitCode !== null && exitCode !== EXIT.ok && !stopped;
}

/**
 * The exit code for all: the highest, so that a lost connection (255) is the worst. Those that were
 * stopped for another's failure do not count.
 */
export function worstExitCode(results: readonly NodeResult[]): number {
  return results.filter(isFailure).reduce<number>(
    (worst, { exitCode }) => Math.max(worst, exitCode ?? EXIT.ok),
    EXIT.ok,
  );
}
