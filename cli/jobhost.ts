import { JobHost } from "../lib/jobhost/job_host.ts";
import { rotateLog } from "../lib/jobhost/rotate_log.ts";
import { giveMemoryBack } from "../lib/linux/malloc.ts";
import { MemoryTrimmer } from "../lib/linux/memory_trimmer.ts";
import { setOomScore } from "../lib/linux/oom_score.ts";
import { parseLogLevels } from "../lib/config/log_levels.ts";
import { configureLog } from "../lib/log.ts";
import { type CommandSpec, valueOf, valuesOf } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { UsageError } from "./exit_error.ts";

/** How often the size of the log is looked at. */
const ROTATE_MS = 60_000;

/** `worker jobhost`: the process that owns the jobs. `worker serve` starts it; people do not. */
export const command: CommandSpec = {
  name: "jobhost",
  summary: "own the jobs of a server",
  operands: "",
  count: { min: 0, max: 0 },
  options: [
    { name: "state-dir", value: "DIR", help: "the server's state directory" },
    {
      name: "log-level",
      value: "[CATEGORY=]LEVEL",
      repeat: true,
      help: "what to log",
    },
    {
      name: "allow-uid",
      value: "UID",
      repeat: true,
      help: "a user who may connect, besides root and the one who runs this",
    },
  ],
  async run(typed) {
    const stateDir = valueOf(typed, "state-dir");
    if (stateDir === undefined) throw new UsageError("give --state-dir");
    configureLog(parseLogLevels(valuesOf(typed, "log-level")));
    return await ownJobs(stateDir, valuesOf(typed, "allow-uid").map(uidOf));
  },
};

function uidOf(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new UsageError(`--allow-uid "${text}" is not the number of a user`);
}

async function ownJobs(
  stateDir: string,
  uids: readonly number[],
): Promise<number> {
  giveMemoryBack();
  using _ = new MemoryTrimmer();
  // When memory runs out, jobs are to go first, and not the process that can say what became of
  // them. It takes a privilege that a server of an ordinary user does not have.
  setOomScore(-900);
  Deno.chdir("/");
  await using host = await JobHost.start({ stateDir, uids });
  // Another one was faster.
  if (host === null) return EXIT.ok;
  const rotation = setInterval(() => rotateLog(stateDir), ROTATE_MS);
  const told = Promise.withResolvers<string>();
  let signals = 0;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => {
      // Jobs that are still there are for the next one to adopt.
      if (++signals > 1) Deno.exit(1);
      told.resolve(`it got ${signal}`);
    });
  }
  // A daemon's terminal that goes away is none of its business.
  Deno.addSignalListener("SIGHUP", () => {});
  host.leave(await Promise.race([host.over, told.promise]));
  clearInterval(rotation);
  // Its jobs are another one's by now: disposing of it would stop them.
  if (host.displaced) Deno.exit(EXIT.failed);
  return EXIT.ok;
}
