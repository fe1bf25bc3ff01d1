import { isAbsolute, join, resolve } from "node:path";
import { type Environment, FILE_VARIABLE } from "./from_environment.ts";
import type { FlagValues } from "./from_flags.ts";
import type { Origin } from "./origin.ts";

/** Where the system's configuration is, which root's server reads. */
export const SYSTEM_FILE = "/etc/worker/worker.yaml";

/** Where a configuration file may be. */
export interface ConfigFiles {
  /** Absolute paths; the first one that exists is read. */
  readonly paths: readonly string[];
  /** Who named the one path, which must exist then; null when it is only looked for. */
  readonly namedBy: Origin | null;
}

/** What {@linkcode configFiles} looks at. */
export interface ConfigFileSources {
  flags: FlagValues;
  env: Environment;
  uid: number | null;
  /** The working directory. */
  folder: string;
}

/**
 * The file of `--config`, else of `WORKER_SERVE_CONFIG`, else the system's for root, else the
 * user's. A process that starts the server in another environment says with `--optional-config`
 * what it has found here.
 */
export function configFiles(
  { flags, env, uid, folder }: ConfigFileSources,
): ConfigFiles {
  const flag = flags.config?.at(-1);
  const variable = env[FILE_VARIABLE]?.trim();
  if (flag !== undefined) {
    return {
      paths: [resolve(folder, flag)],
      namedBy: { kind: "flag", name: "--config" },
    };
  }
  if (variable) {
    return {
      paths: [resolve(folder, variable)],
      namedBy: { kind: "environment", name: FILE_VARIABLE },
    };
  }
  const told = flags["optional-config"];
  return { paths: told ?? usualFiles(uid, env), namedBy: null };
}

function usualFiles(uid: number | null, env: Environment): string[] {
  const { XDG_CONFIG_HOME: config, HOME: home } = env;
  const system = uid === 0 ? [SYSTEM_FILE] : [];
  // The XDG specification: a relative path is invalid and to be ignored.
  if (config && isAbsolute(config)) {
    return [...system, join(config, "worker/worker.yaml")];
  }
  return home && isAbsolute(home)
    ? [...system, join(home, ".config/worker/worker.yaml")]
    : system;
}
