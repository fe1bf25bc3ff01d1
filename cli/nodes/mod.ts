import type { CommandGroup } from "../command.ts";
import { command as ls } from "./ls.ts";
import { command as rm } from "./rm.ts";

export const group: CommandGroup = {
  summary: "the hosts of the cluster",
  details:
    "Hosts that run jobs, and how they are reached. `worker nodes` alone is\n" +
    "`worker nodes ls`.",
  commands: [ls, rm],
  otherwise: "ls",
};
