import { type Profile, writeProfile } from "../lib/config/profile.ts";
import { type Access, checkAccess } from "./check_access.ts";
import type { CommandSpec } from "./command.ts";
import { connectTo } from "./connect.ts";
import { EXIT } from "./exit_codes.ts";
import { printHint } from "./print.ts";
import { resolveSettings } from "./settings.ts";

export const command: CommandSpec = {
  name: "login",
  summary: "remember a server",
  operands: "",
  count: { min: 0, max: 0 },
  options: [],
  details:
    "Checks that --addr, --cacert, --cert and --key work and writes them (the paths,\n" +
    "not the key) to the profile, so that no flag is needed from then on. Of several\n" +
    "addresses the first one that answers is used, and another one when it is lost.",
  async run(typed) {
    const profile = await resolveSettings(typed);
    const { runsJobs } = await access(profile);
    const path = await writeProfile(profile);
    await printHint(`"${profile.addr}" works; remembered in "${path}"`);
    if (!runsJobs) {
      await printHint(
        "it runs no jobs itself: `worker nodes ls` lists the nodes behind it, --node NAME names one",
      );
    }
    return EXIT.ok;
  },
};

async function access(profile: Profile): Promise<Access> {
  using connection = await connectTo(profile);
  return await checkAccess(connection.transport);
}
