import type { CreatedToken } from "../../lib/api/cluster.ts";
import { shellQuote } from "../shell_quote.ts";

/**
 * What is typed on the host that joins, as a line that a shell reads.
 *
 * @param addresses `host:port` where it reaches the cluster; all of them are named.
 */
export function joinCommand(
  { token, roles, caPins }: Pick<CreatedToken, "token" | "roles" | "caPins">,
  addresses: readonly string[],
): string {
  return shellQuote([
    ...["worker", "serve", "--roles", roles.join(","), "--join", token],
    ...addresses.flatMap((address) => ["--proxy", address]),
    ...caPins.flatMap((pin) => ["--ca-pin", pin]),
  ]);
}
