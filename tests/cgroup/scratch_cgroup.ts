import { type CgroupLimits, CgroupRoot } from "../../lib/cgroup/mod.ts";
import { CONTROLLERS } from "../../lib/cgroup/controllers.ts";
import { removeCgroup } from "../../lib/cgroup/remove_cgroup.ts";

/** Where this host has cgroup v2, with controllers or without; null when it has none. */
export function cgroup2Mount(): string | null {
  const mounts = Deno.readTextFileSync("/proc/self/mounts").split("\n");
  return mounts.map((line) => line.split(" "))
    .find(([, , type]) => type === "cgroup2")?.[1] ?? null;
}

/**
 * Why tests with real cgroups can't run here; null when they can. Freezing, killing and counting need no
 * controller, so a host whose controllers are all with cgroup v1 will do.
 */
export function whyNoCgroups(): string | null {
  const mount = cgroup2Mount();
  if (mount === null) return "no cgroup v2 hierarchy is mounted";
  try {
    const path = Deno.makeTempDirSync({ dir: mount, prefix: "worker-probe-" });
    Deno.removeSync(path);
    return null;
  } catch (error) {
    return `"${mount}" can't be written: ${(error as Error).message}`;
  }
}

/** A cgroup at the top of the hierarchy that is gone, with all in it, when it is disposed. */
export function scratchCgroup(): { path: string } & AsyncDisposable {
  const path = Deno.makeTempDirSync({
    dir: cgroup2Mount()!,
    prefix: "worker-test-",
  });
  return {
    path,
    async [Symbol.asyncDispose]() {
      Deno.writeTextFileSync(`${path}/cgroup.kill`, "1");
      if (!await removeCgroup(path, { timeoutMs: 10_000 })) {
        throw new Error(`"${path}" is still there`);
      }
    },
  };
}

export const UNLIMITED: CgroupLimits = {
  memory: null,
  cpu: null,
  pids: null,
  io: null,
};

/** A root that hands nothing down: much can be tested without a controller. */
export function scratchRoot(path: string, earlier?: string[]): CgroupRoot {
  const missing = { missing: "not handed down", advice: "none" };
  return new CgroupRoot(
    path,
    new Map(CONTROLLERS.map((controller) => [controller, missing])),
    earlier,
  );
}
