import { errorCode, readControl, writeControl } from "./control_file.ts";

/** Children that were born while the others were killed are found by looking again. */
const ROUNDS = 10;

/** A cgroup and all below it, the deepest first. */
export function tree(cgroup: string): string[] {
  const found: string[] = [];
  try {
    for (const { name, isDirectory } of Deno.readDirSync(cgroup)) {
      if (isDirectory) found.push(...tree(`${cgroup}/${name}`));
    }
  } catch {
    // Removed while we looked.
    return [];
  }
  return [...found, cgroup];
}

/** Processes of a cgroup and of all below it that this pid namespace can see. */
export function members(cgroup: string): number[] {
  const pids = new Set<number>();
  for (const each of tree(cgroup)) {
    for (const line of readControl(`${each}/cgroup.procs`)?.split("\n") ?? []) {
      if (Number(line) > 0) pids.add(Number(line));
    }
  }
  return [...pids];
}

/**
 * Kills every process of a cgroup and below: by `cgroup.kill` (Linux ≥ 5.14), which misses none, else
 * one by one while all of them are frozen.
 *
 * @returns true when none can have been missed; also when the cgroup is gone.
 */
export function killAll(cgroup: string): boolean {
  try {
    writeControl(`${cgroup}/cgroup.kill`, "1");
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code !== "ENOENT" && code !== "ENODEV") throw error;
  }
  if (readControl(`${cgroup}/cgroup.procs`) === null) return true;
  return killOneByOne(cgroup);
}

/**
 * What `killAll` does before Linux 5.14: the frozen can't fork, and SIGKILL reaches them all the same.
 *
 * @returns false: one that was not frozen yet may have forked since.
 */
export function killOneByOne(cgroup: string): boolean {
  writeControl(`${cgroup}/cgroup.freeze`, "1");
  const seen = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    const before = seen.size;
    for (const pid of members(cgroup)) {
      seen.add(pid);
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It ended in the meantime.
      }
    }
    if (seen.size === before) break;
  }
  writeControl(`${cgroup}/cgroup.freeze`, "0");
  return false;
}
