/** The controllers that limits of jobs need, in the order in which they are reported. */
export const CONTROLLERS = ["memory", "cpu", "pids", "io"] as const;

/** A cgroup v2 controller that a limit of a job needs; each limit is named like its controller. */
export type Controller = (typeof CONTROLLERS)[number];

/** Those of {@linkcode CONTROLLERS} that the text of a `cgroup.controllers` file lists. */
export function parseControllers(text: string | null): Set<Controller> {
  const listed = new Set(text?.trim().split(/\s+/));
  return new Set(CONTROLLERS.filter((name) => listed.has(name)));
}
