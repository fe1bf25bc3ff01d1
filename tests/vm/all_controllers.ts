import { CgroupRoot } from "../../lib/cgroup/mod.ts";
import { removeCgroup } from "../../lib/cgroup/remove_cgroup.ts";

const TOP = "/sys/fs/cgroup";

/** A root with all controllers, gone with all in it when it is disposed. */
export function allControllers(
  name: string,
): { root: CgroupRoot } & AsyncDisposable {
  const path = `${TOP}/${name}`;
  Deno.mkdirSync(path);
  for (const cgroup of [TOP, path]) {
    Deno.writeTextFileSync(
      `${cgroup}/cgroup.subtree_control`,
      "+memory +cpu +pids +io",
    );
  }
  const root = new CgroupRoot(path, new Map());
  return {
    root,
    async [Symbol.asyncDispose]() {
      await root.sweep(new Set());
      if (!await removeCgroup(path, { timeoutMs: 10_000 })) {
        throw new Error(`"${path}" is still there`);
      }
    },
  };
}
