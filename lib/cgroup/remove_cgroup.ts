import { errorCode } from "./control_file.ts";
import { tree } from "./members.ts";
import { poll, type PollOptions } from "./poll.ts";

/**
 * Removes a cgroup and those that a job made below it. The kernel answers EBUSY for a moment after
 * the last process is gone.
 *
 * @returns false when something is left after `timeoutMs`.
 */
export function removeCgroup(
  cgroup: string,
  options: PollOptions,
): Promise<boolean> {
  return poll(() => tree(cgroup).every(removeOne), options);
}

function removeOne(cgroup: string): boolean {
  try {
    // rmdir(2): the files of a cgroup go with it.
    Deno.removeSync(cgroup);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENODEV") return true;
    if (code === "EBUSY" || code === "ENOTEMPTY") return false;
    throw error;
  }
}
