/** The same program under another name: another build of it, see `ownBuild`. */
import { runCommandLine } from "../../cli/command_line.ts";

Deno.exit(await runCommandLine(Deno.args));
