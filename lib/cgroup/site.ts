import type { Hierarchy } from "./hierarchy.ts";
import type { HostFacts } from "./host_facts.ts";
import { readControl } from "./control_file.ts";

/** A cgroup below which we may make ours. */
export interface Site {
  path: string;
  /** Processes that are in the cgroup itself must leave it before it can hand controllers down. */
  evacuate: boolean;
}

/** Where our cgroups may be, best first, and what kept us from better places. */
export interface Sites {
  sites: Site[];
  /** Each a place that was refused and how to change that. */
  refused: { missing: string; advice: string }[];
}

/**
 * 1. Where we are already: a process that was here before finds the same place again.
 * 2. Our own cgroup, when it was delegated to us: systemd says so of the unit, or, without systemd,
 *    it holds nobody else.
 * 3. As root the top of the hierarchy, which in a container is the container's own cgroup.
 */
export function findSites(
  { top, own, real }: Hierarchy & { kind: "found" },
  facts: HostFacts,
  name: string,
): Sites {
  const sites: Site[] = [];
  const refused: Sites["refused"] = [];
  const refuse = (missing: string, advice: string) =>
    void refused.push({ missing, advice });
  const known = own && homeOf(own, name);
  if (known) sites.push({ path: known, evacuate: known !== top || !real });

  const unit = own === null ? null : unitOf(own, top);
  if (own === null) {
    refuse(
      `the cgroup of this process is not in "${top}"`,
      "mount the hierarchy of its own cgroup namespace",
    );
  } else if (unit) {
    const answer = facts.unit(unit.name, unit.manager);
    const refusal = answer ? refusalOf(answer) : "is not known to systemctl";
    if (refusal === null) sites.push({ path: unit.path, evacuate: true });
    else refuse(`the unit "${unit.name}" ${refusal}`, DELEGATE_ADVICE);
  } else if (own !== top) {
    const stranger = pidsOf(own).find((pid) => !facts.isOurs(pid));
    if (stranger === undefined) sites.push({ path: own, evacuate: true });
    else {
      refuse(
        `the cgroup "${own}" holds other processes, too (pid ${stranger})`,
        DELEGATE_ADVICE,
      );
    }
  }
  if (facts.uid === 0) sites.push({ path: top, evacuate: !real });
  return { sites, refused };
}

const DELEGATE_ADVICE =
  "run the server as a systemd service with Delegate=yes (and DelegateSubgroup=daemon where KillMode=process), " +
  "or by: systemd-run --user --scope --property=Delegate=yes worker serve";

/** Processes that are in this cgroup itself; 0 stands for one of another pid namespace. */
export function pidsOf(cgroup: string): number[] {
  const text = readControl(`${cgroup}/cgroup.procs`)?.trim();
  return text ? text.split("\n").map(Number) : [];
}

/** The site of a process that is in one of our leaves, `<site>/<name>/host` or `…/daemon`. */
function homeOf(own: string, name: string): string | null {
  const found = /^(.*)\/([^/]+)\/(?:host|daemon)$/.exec(own);
  return found?.[2] === name ? found[1]! : null;
}

/** The systemd unit whose cgroup this is, or is below of. */
function unitOf(own: string, top: string) {
  const parts = own.slice(top.length).split("/");
  const at = parts.findLastIndex((part) => /\.(?:service|scope)$/.test(part));
  if (at < 0) return null;
  const byUser = parts.slice(0, at).some((part) =>
    /^user@.*\.service$/.test(part)
  );
  return {
    name: parts[at]!,
    path: top + parts.slice(0, at + 1).join("/"),
    manager: byUser ? "user" as const : "system" as const,
  };
}

/**
 * With KillMode=process jobs outlive the unit in its cgroup; but systemd then can't start a process in
 * it any more, since a cgroup that hands controllers down holds none (status=219/CGROUP), unless
 * it starts them in a subgroup.
 */
function refusalOf(
  { delegated, subgroup, killMode }: NonNullable<ReturnType<HostFacts["unit"]>>,
): string | null {
  if (!delegated) return "is not delegated";
  const outlives = killMode === "process" || killMode === "none";
  if (outlives && !subgroup) {
    return `has KillMode=${killMode} without DelegateSubgroup= and could not be started again`;
  }
  return null;
}
