import type { CommandSpec } from "../command.ts";
import { eachMember } from "../each_member.ts";

export const command: CommandSpec = {
  name: "nodes rm",
  summary: "put nodes out of the cluster",
  operands: "NODE…",
  count: { min: 1 },
  options: [],
  details:
    "Revokes the certificates of the node: from the next heartbeat on it is nobody to\n" +
    "the others, and it comes back only with a new token. Its jobs run on.",
  run: (typed) =>
    eachMember(typed, async (client, name) => {
      await client.removeNode(name);
      return `node "${name}" is revoked: it comes back with a new token only`;
    }),
};
