import type { HostFacts } from "./host_facts.ts";
import { type Controller, parseControllers } from "./controllers.ts";
import { readControl } from "./control_file.ts";

/** The cgroup v2 hierarchy of this host, or why there is none to use. */
export type Hierarchy =
  | {
    kind: "found";
    /** Where it is mounted. */
    top: string;
    /** The cgroup of this process as a path below `top`; null when it is not there. */
    own: string | null;
    /** Controllers that the kernel gives to the top. */
    controllers: Set<Controller>;
    /** True when `top` is the top for the kernel as well, and not for a container only. */
    real: boolean;
  }
  | { kind: "unsupported"; missing: string; advice: string };

/** Looks for the cgroup2 mount, or takes the one that is given. */
export function findHierarchy(facts: HostFacts, given?: string): Hierarchy {
  const mounts = parseMounts(facts.mountinfo);
  const mount = given === undefined
    ? mounts.find(({ type }) => type === "cgroup2")
    : mounts.find(({ point }) => point === given) ??
      { point: given, root: "/", type: "cgroup2" };
  if (!mount) {
    return {
      kind: "unsupported",
      missing: "no cgroup v2 hierarchy is mounted",
      advice: mounts.some(({ type }) => type === "cgroup")
        ? V1_ADVICE
        : "mount one: mount -t cgroup2 none /sys/fs/cgroup",
    };
  }
  const top = mount.point;
  const text = readControl(`${top}/cgroup.controllers`);
  if (text === null) {
    return {
      kind: "unsupported",
      missing: `"${top}" is no cgroup v2 hierarchy`,
      advice: V1_ADVICE,
    };
  }
  const controllers = parseControllers(text);
  if (controllers.size === 0) {
    return {
      kind: "unsupported",
      missing:
        `the cgroup v2 hierarchy "${top}" has no controller that limits` +
        (mounts.some(({ type }) => type === "cgroup")
          ? ": cgroup v1 has them (a hybrid setup)"
          : ""),
      advice: V1_ADVICE,
    };
  }
  return {
    kind: "found",
    top,
    own: ownCgroup(facts.cgroup, mount),
    controllers,
    // Only the kernel's own top lacks the files of a cgroup that has a parent.
    real: readControl(`${top}/cgroup.type`) === null,
  };
}

const V1_ADVICE =
  "boot with systemd.unified_cgroup_hierarchy=1 (or cgroup_no_v1=all) on the kernel's command line";

interface Mount {
  /** What of its file system is mounted. */
  root: string;
  point: string;
  type: string;
}

/** The cgroup mounts of `/proc/self/mountinfo`; a later one at the same place hides an earlier one. */
function parseMounts(mountinfo: string): Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of mountinfo.split("\n")) {
    const [before, after] = line.split(" - ");
    const [, , , root, point] = before!.split(" ");
    const type = after?.split(" ")[0];
    if (!root || !point || !type) continue;
    mounts.delete(unescape(point));
    mounts.set(unescape(point), {
      root: unescape(root),
      point: unescape(point),
      type,
    });
  }
  return [...mounts.values()].filter(({ type }) => /^cgroup2?$/.test(type));
}

/** Undoes the octal escapes of space, tab, newline and backslash. */
function unescape(text: string): string {
  return text.replace(
    /\\([0-7]{3})/g,
    (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** The line `0::/path`, as seen from the mount; null when the cgroup is outside of what is mounted. */
function ownCgroup(text: string, { root, point }: Mount): string | null {
  const path = /^0::(\/.*)$/m.exec(text)?.[1];
  if (path === undefined || path.split("/").includes("..")) return null;
  if (root === "/") return (point + path).replace(/\/$/, "");
  if (path !== root && !path.startsWith(`${root}/`)) return null;
  return point + path.slice(root.length);
}
