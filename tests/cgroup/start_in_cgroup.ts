import type { JobCgroup } from "../../lib/cgroup/mod.ts";
import { waitFor } from "../helpers/wait_for.ts";

/** Starts a shell script in a cgroup, as jobs start: it is inside before its first command. */
export async function startInCgroup(
  cgroup: JobCgroup,
  script: string,
): Promise<Deno.ChildProcess> {
  const child = new Deno.Command("/bin/sh", {
    args: [
      "-c",
      'echo 0 >"$0" && exec /bin/sh -c "$1"',
      cgroup.procsFile,
      script,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await waitFor("the process in its cgroup", () => cgroup.pids().length > 0);
  return child;
}
