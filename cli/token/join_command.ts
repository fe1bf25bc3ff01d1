import type { CreatedToken } from "../../lib/api/cluster.ts";
import { shellQuote } from "../shell_quote.ts";

const DEFAULT_PORT = 7443;

type TokenFacts = Pick<CreatedToken, "token" | "roles" | "hosts" | "caPins">;

/**
 * What is typed on the host that joins, as a line that a shell reads. A proxy's own address is in it
 * when the token says which host it is; what else the token allows it to be, e.g. a balancer's name,
 * it asks for, too.
 *
 * @param addresses `host:port` where it reaches the cluster; all of them are named.
 */
export function joinCommand(
  token: TokenFacts,
  addresses: readonly string[],
): string {
  return shellQuote([
    ...["worker", "serve", "--roles", token.roles.join(",")],
    ...["--join", token.token],
    ...addresses.flatMap((address) => ["--proxy", address]),
    ...token.caPins.flatMap((pin) => ["--ca-pin", pin]),
    ...publicAddresses(token).flatMap((one) => ["--public-addr", one]),
    ...otherNames(token).flatMap((one) => ["--host", one]),
  ]);
}

/** What is to be added to the command by hand; null when it is whole. */
export function missingFromCommand(token: TokenFacts): string | null {
  const whole = !token.roles.includes("proxy") ||
    publicAddresses(token).length > 0;
  return whole
    ? null
    : "add --public-addr HOST:PORT, where others reach the proxy; make the " +
      "token with --host HOST, so that HOST can be in its certificate";
}

function publicAddresses({ roles, hosts }: TokenFacts): string[] {
  if (!roles.includes("proxy")) return [];
  return namesIn(hosts).slice(0, 1)
    .map((host) =>
      `${host.includes(":") ? `[${host}]` : host}:${DEFAULT_PORT}`
    );
}

function otherNames({ roles, hosts }: TokenFacts): string[] {
  return roles.includes("proxy") ? namesIn(hosts).slice(1) : [];
}

/** Without patterns, which nobody can be called. */
function namesIn(hosts: readonly string[]): string[] {
  return hosts.filter((host) => !host.includes("*"));
}
