import { join } from "node:path";

/** What a server keeps in `run/` of its state directory, besides what its job host keeps there. */
export interface RunFiles {
  /** The pid of the daemon, locked by it. */
  lock: string;
  /** The address that it listens on; empty or missing when it does not. */
  address: string;
  /** The unix socket of the administrator of this host. */
  admin: string;
  /** The pid of the keeper, locked by it. */
  keeperLock: string;
  /** The file that the program of the server was started from; missing for one of the sources. */
  executable: string;
  /** What became of the last replacement of the server, see `ReplacementOutcome`. */
  replacement: string;
  /** For which user `--run-as` has prepared the state directory. */
  runAs: string;
}

/** Names the files. */
export function runFiles(stateDir: string): RunFiles {
  const run = join(stateDir, "run");
  return {
    lock: join(run, "worker.pid"),
    address: join(run, "address"),
    admin: join(run, "admin.sock"),
    keeperLock: join(run, "keeper.pid"),
    executable: join(run, "executable"),
    replacement: join(run, "replacement.json"),
    runAs: join(run, "run-as"),
  };
}
