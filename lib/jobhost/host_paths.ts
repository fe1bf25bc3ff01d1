import { createHash } from "node:crypto";
import { join } from "node:path";

/** Where a job host keeps what others need to find it. */
export interface HostPaths {
  /** Everything that is true only while something runs. */
  run: string;
  jobs: string;
  /** Its pid, locked for as long as it takes new jobs. */
  lock: string;
  /** A link to the socket of the job host that takes new jobs. */
  socket: string;
  log: string;
}

/** The paths of a state directory. */
export function hostPaths(stateDir: string): HostPaths {
  const run = join(stateDir, "run");
  return {
    run,
    jobs: join(stateDir, "jobs"),
    lock: join(run, "jobhost.pid"),
    socket: join(run, "jobs.sock"),
    log: join(run, "jobhost.log"),
  };
}

/** The socket of one job host: it keeps it when another one takes its place. */
export function socketOf(run: string, pid: number): string {
  return join(run, `jobs.${pid}.sock`);
}

/** What a job host that was replaced still has to do (see `retired_host.ts`). */
export function retiredFileOf(run: string, pid: number): string {
  return join(run, `jobhost.${pid}.json`);
}

/** The cgroup of a state directory's jobs, told apart from those of others on the host. */
export function cgroupName(stateDir: string): string {
  const path = Deno.realPathSync(stateDir);
  const digest = createHash("sha256").update(path).digest("hex");
  return `worker-${digest.slice(0, 8)}`;
}
