import { PidLock } from "../jobhost/pid_lock.ts";
import { runFiles } from "./run_files.ts";

/** The server that uses a state directory. */
export interface FoundServer {
  /** Who takes its signals: the keeper where there is one. */
  pid: number;
  /** The file that this process holds locked for as long as it lives. */
  lock: string;
}

/** Looks who uses a state directory; null when no server does. */
export function findServer(stateDir: string): FoundServer | null {
  const { keeperLock, lock } = runFiles(stateDir);
  for (const path of [keeperLock, lock]) {
    if (!PidLock.isHeld(path)) continue;
    const pid = PidLock.pidIn(path);
    if (pid !== null) return { pid, lock: path };
  }
  return null;
}
