/** What the choice of a place for our cgroups depends on; tests bring their own. */
export interface HostFacts {
  readonly pid: number;
  readonly uid: number;
  /** `/proc/self/mountinfo` (proc(5)). */
  readonly mountinfo: string;
  /** `/proc/self/cgroup` (cgroups(7)). */
  readonly cgroup: string;
  /** `/proc/cgroups` (cgroups(7)). */
  readonly controllers: string;
  /** What systemd says of a unit; null when there is no systemd to ask. */
  readonly unit: (name: string, manager: UnitManager) => UnitFacts | null;
  /** True for this process, what it started, and the parent when that runs the same executable. */
  readonly isOurs: (pid: number) => boolean;
}

/** Which systemd looks after a unit. */
export type UnitManager = "system" | "user";

/** The properties of a unit that say whether its cgroup is ours to divide. */
export interface UnitFacts {
  /** `Delegate=`: systemd keeps out of what is below the unit's cgroup. */
  delegated: boolean;
  /** `DelegateSubgroup=` (systemd ≥ 254): where the main process starts; empty for the unit's cgroup itself. */
  subgroup: string;
  /** `KillMode=`: what a stop of the unit leaves alive. */
  killMode: string;
}

/** The facts of this process, as they are now. */
export function hostFacts(): HostFacts {
  return {
    pid: Deno.pid,
    uid: Deno.uid() ?? 0,
    mountinfo: Deno.readTextFileSync("/proc/self/mountinfo"),
    cgroup: read("/proc/self/cgroup"),
    controllers: read("/proc/cgroups"),
    unit: askSystemd,
    isOurs,
  };
}

function askSystemd(name: string, manager: UnitManager): UnitFacts | null {
  const properties = ["Delegate", "DelegateSubgroup", "KillMode"];
  const args = [
    `--${manager}`,
    "show",
    ...properties.map((property) => `--property=${property}`),
    "--",
    name,
  ];
  try {
    const { success, stdout } = new Deno.Command("systemctl", {
      args,
      stdin: "null",
      stderr: "null",
    }).outputSync();
    if (!success) return null;
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    const values = new Map(lines.map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }));
    return {
      delegated: values.get("Delegate") === "yes",
      subgroup: values.get("DelegateSubgroup") ?? "",
      killMode: values.get("KillMode") ?? "",
    };
  } catch {
    // No systemctl: no systemd either.
    return null;
  }
}

function isOurs(pid: number): boolean {
  if (pid === Deno.ppid) return executable(pid) === executable(Deno.pid);
  for (let each = pid; each > 1; each = parentOf(each)) {
    if (each === Deno.pid) return true;
  }
  return false;
}

/** 0 when the process is gone. */
function parentOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

function executable(pid: number): string | null {
  try {
    return Deno.readLinkSync(`/proc/${pid}/exe`);
  } catch {
    // Gone, or somebody else's: not the same in both cases.
    return null;
  }
}

/** Empty when there is no such file: each of them is missing on some kernel, or for a process that ended. */
function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
