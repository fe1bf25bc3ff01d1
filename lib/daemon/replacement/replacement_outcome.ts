import { getLogger } from "@logtape/logtape";
import { replaceText } from "../replace_text.ts";
import { runFiles } from "../run_files.ts";

const logger = getLogger(["worker", "daemon"]);

/** What became of an attempt to replace a server. */
export type ReplacementOutcome =
  /** The process `pid` serves in its place. */
  | { result: "ok"; pid: number }
  /** The server goes on, because of this. */
  | { result: "failed"; reason: string };

/** Notes the outcome for whoever asked for the replacement; they may be gone. */
export function noteOutcome(
  stateDir: string,
  outcome: ReplacementOutcome,
): void {
  const path = runFiles(stateDir).replacement;
  try {
    replaceText(path, `${JSON.stringify(outcome)}\n`);
  } catch (error) {
    logger.warn`cannot write "${path}": ${(error as Error).message}`;
  }
}

/**
 * Notes and logs why a server was not replaced. One that is `ending` was told to end meanwhile: it
 * does not go on, and nothing is wrong.
 */
export function noteFailure(
  stateDir: string,
  reason: string,
  { ending }: { ending: boolean },
): void {
  if (ending) logger.info`not replaced: ${reason}`;
  else logger.error`not replaced, this server goes on: ${reason}`;
  noteOutcome(stateDir, { result: "failed", reason });
}

/** The outcome of the attempt that was asked for last; null when there is none yet. */
export function readOutcome(stateDir: string): ReplacementOutcome | null {
  try {
    return JSON.parse(Deno.readTextFileSync(runFiles(stateDir).replacement));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Forgets the outcome, before another replacement is asked for. */
export function forgetOutcome(stateDir: string): void {
  try {
    Deno.removeSync(runFiles(stateDir).replacement);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
