import { resolve } from "node:path";
import { statePaths } from "../../certs/state_paths.ts";
import { WorkerError } from "../../lib/api/errors.ts";
import { defaultStateDir } from "../../lib/config/state_dir.ts";

/**
 * The state directory that a flag names, or the default.
 *
 * @throws {WorkerError} `PERMISSION_DENIED` to root when the certificates there are another user's:
 * that user's server could not read what root writes, a revocation for one, and could lead root astray.
 */
export function ownStateDir(flag: string | undefined): string {
  const stateDir = resolve(flag ?? defaultStateDir());
  const owner = ownerOf(statePaths(stateDir).caDir);
  if (Deno.uid() !== 0 || owner === null || owner.uid === 0) return stateDir;
  throw new WorkerError(
    "PERMISSION_DENIED",
    `the certificates in "${stateDir}" belong to the user ${owner.uid}, whose server could not read what root writes: say it as that user, \`setpriv --reuid=${owner.uid} --regid=${owner.gid} --init-groups --reset-env worker certs … --state-dir ${stateDir}\``,
  );
}

function ownerOf(path: string): { uid: number; gid: number } | null {
  try {
    const { uid, gid } = Deno.lstatSync(path);
    return { uid: uid ?? 0, gid: gid ?? 0 };
  } catch {
    // Whoever needs it says what is wrong.
    return null;
  }
}
