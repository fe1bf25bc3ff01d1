import type { JobExit } from "../lib/api/job.ts";
import { exitCodeOfJob } from "./exit_codes.ts";
import { printHint } from "./print.ts";

/** Says on standard error how a job ended where its exit code can't; answers that code. */
export async function tellEnd(exit: JobExit): Promise<number> {
  const text = describeEnd(exit);
  if (text !== null) await printHint(text);
  return exitCodeOfJob(exit);
}

/** How a job ended, where its exit code does not say it; else null. */
export function describeEnd(exit: JobExit): string | null {
  if (exit.reason === "timeout") {
    return "the job ran longer than its timeout and was stopped";
  }
  if (exit.reason === "stopped" && exit.code === null && exit.signal === null) {
    return "the job was stopped before it started";
  }
  if (exit.reason === "out_of_memory") {
    return "the job ran out of the memory that it may use";
  }
  return exit.detail;
}
