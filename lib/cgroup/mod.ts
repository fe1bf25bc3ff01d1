/**
 * cgroup v2: one cgroup a job, so that a job ends as a whole, stays within its limits, and what it used
 * is known.
 *
 * `openCgroups` finds a place that is ours to divide, or says what is missing. Below that place:
 *
 *     <site>/<name>/host        the job host
 *     <site>/<name>/daemon      whoever was in the way where controllers are handed down
 *     <site>/<name>/job-<id>    a job, with its limits
 *
 * The first process of a job writes itself to `procsFile` before exec; all its descendants are born
 * inside. The end of a job is `kill()`, `emptied()`, read `usage()` and `oomKills()`, `remove()`.
 *
 * @module
 */
export { CgroupRoot } from "./cgroup_root.ts";
export type { Controller } from "./controllers.ts";
export { examineCgroups, type ExaminedCgroups } from "./examine_cgroups.ts";
export { type CgroupWaitOptions, JobCgroup } from "./job_cgroup.ts";
export type { CgroupLimits } from "./limits.ts";
export type { Missing } from "./missing.ts";
export {
  type CgroupSupport,
  openCgroups,
  type OpenCgroupsOptions,
} from "./open_cgroups.ts";
export type { CgroupUsage } from "./usage.ts";
