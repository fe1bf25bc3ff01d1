import { connect, type Connection } from "./connect.ts";
import { hasFlag, type ParsedArguments } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { findJob } from "./find_job.ts";
import { printAnswer } from "./print.ts";
import { reportError } from "./report_error.ts";

/**
 * Does something to each job that was named, in order; one that fails is told and does not keep the
 * others from it. With `--json` each answer is printed.
 *
 * @returns the first exit code that is not 0.
 */
export async function eachJob(
  typed: ParsedArguments,
  act: (connection: Connection, id: string) => Promise<number | void>,
): Promise<number> {
  using connection = await connect(typed);
  let exitCode: number = EXIT.ok;
  for (const reference of typed.operands) {
    let code: number;
    try {
      const id = await findJob(connection.client, reference);
      code = await act(connection, id) ?? EXIT.ok;
      const answer = connection.lastAnswer();
      if (hasFlag(typed, "json") && answer !== "") await printAnswer(answer);
    } catch (error) {
      code = await reportError(error);
    }
    if (exitCode === EXIT.ok) exitCode = code;
  }
  return exitCode;
}
