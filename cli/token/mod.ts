import type { CommandGroup } from "../command.ts";
import { command as create } from "./create.ts";
import { command as ls } from "./ls.ts";
import { command as rm } from "./rm.ts";

export const group: CommandGroup = {
  summary: "let hosts join the cluster",
  details:
    "A token is what a new host shows once, to get a certificate of the cluster. For\n" +
    "administrators; root on the auth host needs no certificate.",
  commands: [create, ls, rm],
};
