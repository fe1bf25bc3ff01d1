import { errorCode, readControl, writeControl } from "./control_file.ts";
import { type Controller, parseControllers } from "./controllers.ts";
import { pidsOf } from "./site.ts";

/** A process may fork while the others are moved; so often is too often. */
const ATTEMPTS = 20;

/**
 * Lets the children of a cgroup have a controller. A cgroup that does so may hold no process itself
 * ("no internal processes"): those in it move to the cgroup `leaf` first; null when the rule does not
 * apply.
 *
 * @returns false when the cgroup does not have the controller itself.
 */
export function handDown(
  cgroup: string,
  controller: Controller,
  leaf: string | null,
): boolean {
  const has = (file: string) =>
    parseControllers(readControl(`${cgroup}/${file}`)).has(controller);
  if (!has("cgroup.controllers")) return false;
  if (has("cgroup.subtree_control")) return true;
  for (let attempt = 1;; attempt++) {
    if (leaf !== null) evacuate(cgroup, leaf);
    try {
      writeControl(`${cgroup}/cgroup.subtree_control`, `+${controller}`);
      return true;
    } catch (error) {
      if (errorCode(error) !== "EBUSY" || attempt === ATTEMPTS) throw error;
    }
  }
}

function evacuate(from: string, to: string): void {
  for (const pid of pidsOf(from)) {
    if (pid === 0) {
      throw new Error(
        `the cgroup "${from}" holds processes of another pid namespace, which can't be moved`,
      );
    }
    try {
      writeControl(`${to}/cgroup.procs`, String(pid));
    } catch (error) {
      // It ended in the meantime.
      if (errorCode(error) !== "ESRCH") throw error;
    }
  }
}
