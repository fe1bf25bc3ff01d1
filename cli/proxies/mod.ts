import type { CommandGroup } from "../command.ts";
import { command as ls } from "./ls.ts";
import { command as rm } from "./rm.ts";

export const group: CommandGroup = {
  summary: "the doors of the cluster",
  details:
    "Hosts through which clients reach the nodes. `worker proxies` alone is\n" +
    "`worker proxies ls`.",
  commands: [ls, rm],
  otherwise: "ls",
};
