import type { ClusterClient } from "../../lib/client/cluster_client.ts";
import { UsageError } from "../exit_error.ts";
import { isUnix } from "../settings.ts";

/** More than these make a line that nobody can copy; a host that has joined learns of the others. */
const MOST_ADDRESSES = 3;

/**
 * Where a host that joins reaches the cluster: the addresses that its proxies tell others, the first
 * of each. Without any, the address that this client came by.
 *
 * @param own The server's address as this client knows it.
 * @throws {UsageError} when nobody knows an address that is good on another host.
 */
export async function serverAddresses(
  client: Pick<ClusterClient, "proxies">,
  own: string,
): Promise<string[]> {
  const { value: proxies } = await client.proxies();
  const told = proxies
    .filter(({ state }) => state === "online")
    .flatMap(({ addresses }) => addresses.slice(0, 1));
  const found = [...new Set(told)].slice(0, MOST_ADDRESSES);
  if (found.length > 0) return found;
  if (!isUnix(own) && !isLoopback(own)) return [own];
  throw new UsageError(
    "no server of the cluster has an address that other hosts can reach: start " +
      "it with `--public-addr HOST:PORT`, or say --addr-for HOST:PORT",
  );
}

function isLoopback(address: string): boolean {
  return /^(?:localhost|127\.[\d.]+|\[::1\]):/.test(address);
}
