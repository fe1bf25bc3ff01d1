import type { JobExit } from "../lib/api/job.ts";
import { exitCodeOfJob } from "./exit_codes.ts";
import { printHint } from "./print.ts";

/** Says on standard error how a job ended where its exit code can't; answers that code. */
export async function tellEnd(exit: JobExit): Promise<number> {
  if (exit.reason === "timeout") {
    await printHint("the job ran longer than its timeout and was stopped");
  } else if (
    exit.reason === "stopped" && exit.code === null && exit.signal === null
  ) {
    await printHint("the job was stopped before it started");
  } else if (exit.reason === "out_of_memory") {
    await printHint("the job ran out of the memory that it may use");
  } else if (exit.detail !== null) {
    await printHint(exit.detail);
  }
  return exitCodeOfJob(exit);
}
