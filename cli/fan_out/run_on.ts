import { ClusterClient } from "../../lib/client/cluster_client.ts";
import { hasFlag, type ParsedArguments } from "../command.ts";
import { type Connection, connectToServer } from "../connect.ts";
import { EXIT } from "../exit_codes.ts";
import { ExitError, OutputClosedError } from "../exit_error.ts";
import { asPipe, jobRequest } from "../job_options.ts";
import { printBytes } from "../print.ts";
import { noNodeFits, selectNodes } from "../select_nodes.ts";
import { fanOut } from "./fan_out.ts";
import { Interruption } from "./interruption.ts";
import { NodeRunner } from "./node_runner.ts";
import {
  type NodeResult,
  unreachedResult,
  worstExitCode,
} from "./node_result.ts";
import type { FanOutWishes } from "./options.ts";
import { Outputs } from "./outputs.ts";
import { renderResults } from "./render_results.ts";

/**
 * Runs a command on all nodes that fit, some at a time; the exit code is that of the worst.
 *
 * @throws {UsageError} when no node fits.
 */
export async function runOn(
  typed: ParsedArguments,
  wishes: FanOutWishes,
): Promise<number> {
  const request = jobRequest(typed);
  using connection = await connectToServer(typed);
  const { online, offline } = await chosenNodes(connection, wishes);
  const json = hasFlag(typed, "json");
  const detach = hasFlag(typed, "detach");
  using interruption = new Interruption();
  const outputs = new Outputs(online, { json, group: wishes.group });
  const runner = new NodeRunner(connection, {
    request: detach ? request : asPipe(request, typed),
    outputs,
    json,
    detach,
  });
  for (const result of offline) await outputs.tellFailure(result);
  const results = await fanOut(online, {
    ...wishes,
    run: (node, options) => runner.run(node, options),
    failures: offline.length,
    halt: interruption.signal,
    isFatal: (error) => error instanceof OutputClosedError,
  });
  await outputs.finish();
  const all = [...results, ...offline];
  await printTable(all);
  return Math.max(worstExitCode(all), interruption.exitCode);
}

async function chosenNodes(
  { transport }: Connection,
  { selectors, skipOffline }: FanOutWishes,
): Promise<{ online: string[]; offline: NodeResult[] }> {
  const { value: nodes } = await new ClusterClient(transport).nodes();
  const chosen = selectNodes(nodes, selectors);
  if (chosen.length === 0) throw noNodeFits(nodes, selectors);
  const online = chosen.filter(({ state }) => state === "online");
  if (online.length === 0 && skipOffline) {
    throw new ExitError(
      EXIT.connection,
      `all nodes that fit are offline: see \`worker nodes ls\``,
    );
  }
  const offline = skipOffline
    ? []
    : chosen.filter(({ state }) => state === "offline");
  return {
    online: online.map(({ name }) => name),
    offline: offline.map(({ name, lastSeen }) =>
      unreachedResult(
        name,
        lastSeen === null
          ? "offline since it joined"
          : `offline since ${lastSeen}`,
      )
    ),
  };
}

/** To standard error: it is no data. */
async function printTable(results: readonly NodeResult[]): Promise<void> {
  const table = new TextEncoder().encode(renderResults(results));
  // Without a standard error there is nobody to tell.
  await printBytes(table, "stderr").catch(() => {});
}
