import { dirname } from "node:path";
import type { HostFacts } from "../../lib/cgroup/host_facts.ts";

/** A folder that looks like the cgroup v2 of some host; it is gone when it is disposed. */
export function fakeHierarchy(
  files: Record<string, string>,
): { path: string } & Disposable {
  const path = Deno.makeTempDirSync({ prefix: "worker-cgroup-" });
  for (const [name, text] of Object.entries(files)) {
    Deno.mkdirSync(dirname(`${path}/${name}`), { recursive: true });
    Deno.writeTextFileSync(`${path}/${name}`, text);
  }
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

/** The files of a cgroup that is not the kernel's top. */
export function cgroupFiles(
  path: string,
  { controllers = "cpu io memory pids", procs = "", handed = "" } = {},
): Record<string, string> {
  const prefix = path === "" ? "" : `${path}/`;
  return {
    [`${prefix}cgroup.controllers`]: `${controllers}\n`,
    [`${prefix}cgroup.subtree_control`]: `${handed}\n`,
    [`${prefix}cgroup.procs`]: procs,
    [`${prefix}cgroup.type`]: "domain\n",
  };
}

/** A host with pure cgroup v2 where this process is root and alone in `/system.slice/worker.service`. */
export function fakeFacts(facts: Partial<HostFacts> = {}): HostFacts {
  return {
    pid: 4711,
    uid: 0,
    mountinfo:
      "31 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n",
    cgroup: "0::/system.slice/worker.service\n",
    controllers: "#subsys_name\thierarchy\tnum_cgroups\tenabled\n" +
      ["cpu", "blkio", "memory", "pids"].map((name) => `${name}\t0\t9\t1\n`)
        .join(""),
    unit: () => null,
    isOurs: (pid) => pid === 4711,
    ...facts,
  };
}
