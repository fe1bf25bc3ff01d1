import type { ParsedArguments } from "../command.ts";
import { connectToServer } from "../connect.ts";
import { examineTunnel } from "./examine_tunnel.ts";
import type { Finding } from "./finding.ts";

/** The tunnels of the server that the flags, the environment or the profile name. */
export async function* examineTunnelOf(
  typed: ParsedArguments,
): AsyncGenerator<Finding> {
  using connection = await connectToServer(typed);
  yield* examineTunnel(connection.transport);
}
