import type { Server } from "./server.ts";

/** What a process holds. */
export interface Footprint {
  descriptors: number;
  /** Resident memory, MiB. */
  memory: number;
}

/** What the daemon and the job host hold now. */
export interface Footprints {
  daemon: Footprint;
  jobHost: Footprint;
}

export function footprints(server: Server): Footprints {
  return {
    daemon: footprint(server.worker.pid),
    jobHost: footprint(server.jobHostPid),
  };
}

function footprint(pid: number): Footprint {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  return {
    descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
    memory: Math.round(kilobytes / 1024),
  };
}
