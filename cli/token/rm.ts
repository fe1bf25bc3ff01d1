import type { CommandSpec } from "../command.ts";
import { eachMember } from "../each_member.ts";

export const command: CommandSpec = {
  name: "token rm",
  summary: "end tokens",
  operands: "ID…",
  count: { min: 1 },
  options: [],
  details: "Nobody joins with them any more. Who has joined stays.",
  run: (typed) =>
    eachMember(typed, async (client, id) => {
      await client.removeToken(id);
      return `token "${id}" is of no more use; who has joined with it stays`;
    }),
};
