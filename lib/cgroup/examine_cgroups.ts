import { readControl } from "./control_file.ts";
import {
  type Controller,
  CONTROLLERS,
  parseControllers,
} from "./controllers.ts";
import { findHierarchy } from "./hierarchy.ts";
import { hostFacts } from "./host_facts.ts";
import { type Missing, whyMissing, whyRefused } from "./missing.ts";
import type { OpenCgroupsOptions } from "./open_cgroups.ts";
import { findSites } from "./site.ts";

/** What a server that was started like this process could do. */
export type ExaminedCgroups =
  | {
    kind: "ready";
    /** The cgroup that would be divided. */
    path: string;
    /** By controller: null when the limit can be had, else what is missing. */
    limits: Record<Controller, Missing | null>;
    /** Better places that can't be used, and how to change that. */
    refused: Missing[];
  }
  | ({ kind: "unsupported" } & Missing);

/** Looks for what `openCgroups` would find, and changes nothing. */
export function examineCgroups(
  { name = "worker", hierarchy: given, facts = hostFacts() }: Partial<
    OpenCgroupsOptions
  > = {},
): ExaminedCgroups {
  const hierarchy = findHierarchy(facts, given);
  if (hierarchy.kind === "unsupported") return hierarchy;
  const { sites, refused } = findSites(hierarchy, facts, name);
  for (const site of sites) {
    const denied = refusesWrites(site.path);
    if (denied) {
      refused.push(denied);
      continue;
    }
    const offered = parseControllers(
      readControl(`${site.path}/cgroup.controllers`),
    );
    const limits = Object.fromEntries(CONTROLLERS.map((controller) => [
      controller,
      offered.has(controller)
        ? null
        : whyMissing(controller, { hierarchy, site, facts, failure: null }),
    ])) as Record<Controller, Missing | null>;
    if (offered.size > 0) {
      return { kind: "ready", path: site.path, limits, refused };
    }
    refused.push(...Object.values(limits).filter((each) => each !== null));
  }
  return {
    kind: "unsupported",
    missing: refused.map(({ missing }) => missing).join("; "),
    advice: refused[0]?.advice ?? "run the server as root",
  };
}

/** Opening for writing tells what the kernel would say, and writes nothing. */
function refusesWrites(path: string): Missing | null {
  try {
    for (const file of ["cgroup.procs", "cgroup.subtree_control"]) {
      Deno.openSync(`${path}/${file}`, { write: true }).close();
    }
    return null;
  } catch (error) {
    return whyRefused(path, error);
  }
}
