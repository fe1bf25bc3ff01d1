import { errorCode } from "./control_file.ts";
import type { Controller } from "./controllers.ts";
import type { Hierarchy } from "./hierarchy.ts";
import type { HostFacts } from "./host_facts.ts";

/** Something that is not there, and how to get it. */
export interface Missing {
  missing: string;
  advice: string;
}

export interface WhyMissingOptions {
  hierarchy: Hierarchy & { kind: "found" };
  site: { path: string };
  facts: HostFacts;
  /** What handing it down threw; null when the site did not have it. */
  failure: unknown;
}

/** Why a controller can't be used at a site. */
export function whyMissing(
  controller: Controller,
  { hierarchy, site, facts, failure }: WhyMissingOptions,
): Missing {
  if (failure !== null) {
    return {
      missing: `the controller "${controller}" can't be handed down by ` +
        `"${site.path}": ${reason(failure)}`,
      advice: errorCode(failure) === "EINVAL" && controller === "cpu"
        ? "end the real-time processes: the cpu controller can't be enabled beside them"
        : "see cgroups(7), and what else changes this cgroup",
    };
  }
  if (hierarchy.controllers.has(controller)) {
    return {
      missing:
        `the controller "${controller}" is not delegated to "${site.path}"`,
      advice: `add it to Delegate= of the unit, or write "+${controller}" to ` +
        `cgroup.subtree_control of every cgroup above`,
    };
  }
  // name, hierarchy (0: none of v1), number of cgroups, enabled
  const kernelName = controller === "io" ? "blkio" : controller;
  const [, version1, , enabled] = facts.controllers.split("\n")
    .map((line) => line.split("\t")).find(([name]) => name === kernelName) ??
    [];
  const missing = `the controller "${controller}" is not in "${hierarchy.top}"`;
  if (enabled === "0") {
    return {
      missing,
      advice:
        `boot with cgroup_enable=${controller} on the kernel's command line`,
    };
  }
  return {
    missing,
    advice: version1 === undefined
      ? "use a kernel that was built with it"
      : version1 === "0"
      ? "have it handed down to this container or virtual machine"
      : "unmount cgroup v1, which has it: boot with cgroup_no_v1=all on the kernel's command line",
  };
}

/** Why nothing can be made at a place. */
export function whyRefused(path: string, error: unknown): Missing {
  const code = errorCode(error);
  if (code === "EROFS") {
    return {
      missing: `"${path}" is mounted read-only`,
      advice:
        "start the container with a writable cgroup file system of its own (a private cgroup namespace)",
    };
  }
  if (code === "EACCES" || code === "EPERM") {
    return {
      missing: `"${path}" belongs to another user`,
      advice:
        "run the server as root, or have the cgroup delegated: Delegate=yes in its unit",
    };
  }
  return {
    missing: `"${path}" can't be divided: ${reason(error)}`,
    advice: "see cgroups(7), and what else changes this cgroup",
  };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
