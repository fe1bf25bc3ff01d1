import { ClusterClient } from "../lib/client/cluster_client.ts";
import { type ParsedArguments } from "./command.ts";
import { connectToServer } from "./connect.ts";
import { EXIT } from "./exit_codes.ts";
import { printHint } from "./print.ts";
import { reportError } from "./report_error.ts";

/**
 * Does something to everything in the cluster that was named, in order, and says what it did; one that
 * fails is told and does not keep the others from it.
 *
 * @param act Answers what to say.
 * @returns the first exit code that is not 0.
 */
export async function eachMember(
  typed: ParsedArguments,
  act: (client: ClusterClient, name: string) => Promise<string>,
): Promise<number> {
  using connection = await connectToServer(typed);
  const client = new ClusterClient(connection.transport);
  let exitCode: number = EXIT.ok;
  for (const name of typed.operands) {
    try {
      await printHint(await act(client, name));
    } catch (error) {
      const code = await reportError(error);
      if (exitCode === EXIT.ok) exitCode = code;
    }
  }
  return exitCode;
}
