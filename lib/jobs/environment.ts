import { JOB_ID_VARIABLE } from "./process_tree.ts";
import type { HostUser } from "./users.ts";

const DEFAULT_PATH =
  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The environment of a job: built, never inherited, so that nothing of the daemon's own (its
 * secrets, its locale, its paths) reaches a job. What the request asks for wins, but for the job id.
 */
export function buildEnvironment(
  user: HostUser,
  job: { id: string; env: Record<string, string> },
): Record<string, string> {
  return {
    PATH: DEFAULT_PATH,
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: user.shell,
    LANG: "C.UTF-8",
    ...job.env,
    [JOB_ID_VARIABLE]: job.id,
  };
}
