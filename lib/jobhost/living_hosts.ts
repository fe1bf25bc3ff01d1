import { join } from "node:path";
import { PidLock } from "./pid_lock.ts";

/** A job host that lives. */
export interface LivingHost {
  pid: number;
  /** The file that it holds locked. */
  lock: string;
}

/**
 * The job hosts that use a state directory, by its `run/` folder: the one that takes jobs, and those
 * that were replaced and still have some.
 */
export function livingHosts(run: string): LivingHost[] {
  return namesIn(run).flatMap((name) => {
    const known = /^jobhost\.(?:pid|(\d+)\.json)$/.exec(name);
    const lock = join(run, name);
    if (!known || !PidLock.isHeld(lock)) return [];
    const pid = known[1] === undefined ? PidLock.pidIn(lock) : Number(known[1]);
    return pid === null ? [] : [{ pid, lock }];
  });
}

function namesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return [];
    throw error;
  }
}
