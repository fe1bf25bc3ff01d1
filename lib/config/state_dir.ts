import { isAbsolute, join } from "node:path";

/** What {@linkcode defaultStateDir} looks at. */
export interface StateDirSources {
  /** The user who runs this. @default {Deno.uid} */
  uid?: number | null;
  /** Reads a variable of the environment. @default {Deno.env.get} */
  env?: (name: string) => string | undefined;
}

/**
 * Where the state is kept when nobody says: `/var/lib/worker` for root, else
 * `$XDG_STATE_HOME/worker`, by default `~/.local/state/worker`.
 *
 * @throws {Error} when there is no home directory either.
 */
export function defaultStateDir(
  { uid = Deno.uid(), env = (name) => Deno.env.get(name) }: StateDirSources =
    {},
): string {
  if (uid === 0) return "/var/lib/worker";
  const stateHome = env("XDG_STATE_HOME");
  // The XDG specification: a relative path is invalid and to be ignored.
  if (stateHome && isAbsolute(stateHome)) return join(stateHome, "worker");
  const home = env("HOME");
  if (home && isAbsolute(home)) return join(home, ".local/state/worker");
  throw new Error(
    "no state directory: HOME is not set; give one with --state-dir",
  );
}
