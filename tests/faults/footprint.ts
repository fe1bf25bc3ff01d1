import type { Server } from "./server.ts";

/** What a process holds. */
export interface Footprint {
  /** How many descriptors of each kind: sockets, pipes, pidfds, or the file. */
  descriptors: Record<string, number>;
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
    descriptors: descriptorKinds(pid),
    memory: Math.round(kilobytes / 1024),
  };
}

function descriptorKinds(pid: number): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    let target: string;
    try {
      target = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      continue;
    }
    const kind = target.replace(/^(socket|pipe):.*/, "$1");
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}
