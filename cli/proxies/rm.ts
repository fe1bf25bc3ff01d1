import type { CommandSpec } from "../command.ts";
import { eachMember } from "../each_member.ts";

export const command: CommandSpec = {
  name: "proxies rm",
  summary: "put proxies out of the cluster",
  operands: "PROXY…",
  count: { min: 1 },
  options: [],
  details:
    "Revokes the certificates of the proxy: from their next heartbeat on nodes cut their\n" +
    "tunnels to it and take nothing from it, and it comes back only with a new token.\n" +
    "Clients are not told: take its address out of their profiles.",
  run: (typed) =>
    eachMember(typed, async (client, name) => {
      await client.removeProxy(name);
      return `proxy "${name}" is revoked: it comes back with a new token only`;
    }),
};
