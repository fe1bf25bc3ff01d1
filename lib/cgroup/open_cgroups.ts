import { CgroupRoot } from "./cgroup_root.ts";
import { errorCode, writeControl } from "./control_file.ts";
import { type Controller, CONTROLLERS } from "./controllers.ts";
import { handDown } from "./hand_down.ts";
import { findHomes } from "./find_homes.ts";
import { findHierarchy } from "./hierarchy.ts";
import { type HostFacts, hostFacts } from "./host_facts.ts";
import { whyMissing, whyRefused } from "./missing.ts";
import { findSites, type Site } from "./site.ts";

/** What this host lets us do. */
export type CgroupSupport =
  | { kind: "ready"; root: CgroupRoot }
  | {
    kind: "unsupported";
    /** What is not there, in words. */
    missing: string;
    /** How to get it. */
    advice: string;
  };

export interface OpenCgroupsOptions {
  /** The cgroup that holds all of ours, unique for each state directory, such as `"worker-1a2b"`. */
  name: string;
  /** Where cgroup v2 is mounted. @default {the first mount of it} */
  hierarchy?: string;
  /** For tests. @default {those of this process} */
  facts?: HostFacts;
}

/**
 * Finds or makes the cgroup that holds those of the jobs. The calling process moves to the leaf `host`
 * of it; whoever else is where controllers are handed down moves to the leaf `daemon`.
 */
export function openCgroups(options: OpenCgroupsOptions): CgroupSupport {
  const { name, facts = hostFacts() } = options;
  const hierarchy = findHierarchy(facts, options.hierarchy);
  if (hierarchy.kind === "unsupported") return hierarchy;
  const { sites, refused } = findSites(hierarchy, facts, name);
  for (const site of sites) {
    try {
      const failures = settle(site, name, facts);
      const missing = new Map(
        Array.from(failures, ([controller, failure]) => [
          controller,
          whyMissing(controller, { hierarchy, site, facts, failure }),
        ]),
      );
      const path = `${site.path}/${name}`;
      if (missing.size < CONTROLLERS.length) {
        const homes = findHomes(hierarchy.top, { name, uid: facts.uid });
        const earlier = homes.filter((home) => home !== path);
        return { kind: "ready", root: new CgroupRoot(path, missing, earlier) };
      }
      refused.push(...missing.values());
    } catch (error) {
      refused.push(whyRefused(site.path, error));
    }
  }
  return {
    kind: "unsupported",
    missing: refused.map(({ missing }) => missing).join("; "),
    advice: refused[0]?.advice ?? "run the server as root",
  };
}

/**
 * Makes our cgroups at a site and hands down the controllers one by one.
 *
 * @returns those that could not be, each with the error or null when it was not there.
 */
function settle(
  site: Site,
  name: string,
  { pid }: HostFacts,
): Map<Controller, unknown> {
  const root = `${site.path}/${name}`;
  const daemon = `${root}/daemon`;
  for (const path of [root, `${root}/host`, daemon]) makeCgroup(path);
  writeControl(`${root}/host/cgroup.procs`, String(pid));
  const failures = new Map<Controller, unknown>();
  for (const controller of CONTROLLERS) {
    try {
      const handed =
        handDown(site.path, controller, site.evacuate ? daemon : null) &&
        handDown(root, controller, daemon);
      if (!handed) failures.set(controller, null);
    } catch (error) {
      failures.set(controller, error);
    }
  }
  return failures;
}

function makeCgroup(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o755 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
}
