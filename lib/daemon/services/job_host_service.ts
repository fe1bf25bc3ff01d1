import { aborted } from "../../supervisor/aborted.ts";
import type { Service } from "../../supervisor/mod.ts";
import type { DaemonEvents } from "../events.ts";
import type { OwnJobs } from "../open_job_hosts.ts";

/** The daemon's hold on the process that owns the jobs; lets go of it in the end, and it goes on. */
export function jobHostService(
  { hosts, jobs }: OwnJobs,
): Service<DaemonEvents> {
  return {
    name: "job-host",
    critical: true,
    endless: true,
    async run(signal, bus) {
      await using _ = jobs;
      // It looks for one already; one is started when the identity is there, and gets its time then.
      await bus.waitFor("IdentityReady", { signal });
      await hosts.current({ signal });
      bus.broadcast("JobHostReady", {});
      await aborted(signal);
    },
  };
}
