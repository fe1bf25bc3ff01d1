import { dirname, resolve } from "node:path";
import { configFiles, SYSTEM_FILE } from "./config_files.ts";
import { settingsFromEnvironment } from "./from_environment.ts";
import { settingsFromFlags } from "./from_flags.ts";
import type { Given } from "./given.ts";
import { isSecret } from "./kept_environment.ts";
import type { ConfigSources } from "./load_serve_config.ts";
import { parsePath } from "./parsers.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";

/** What {@linkcode keptArguments} is told besides where the configuration is from. */
export interface KeptArgumentsOptions {
  /** The file that was read; null when there was none. */
  configFile: string | null;
  /** Whether everybody may look for a file there. @default by the modes of the folders above */
  isOpen?: (path: string) => boolean;
}

/**
 * The words with which another process, as another user, in another folder and with another
 * environment, finds the same configuration, now and at every reload: flags and variables as flags,
 * and the file by its path. Without the state directory, which whoever keeps a server prepares and
 * names, and without secrets: everybody may read the arguments of a process. Those are in its
 * environment, as {@linkcode keptEnvironment} has them.
 *
 * A file that nobody named is named when there is one. Of those that are not there the other process
 * looks for the system's alone, where everybody may look: root's home is closed to it.
 */
export function keptArguments(
  sources: ConfigSources,
  { configFile, isOpen = isLookable }: KeptArgumentsOptions,
): string[] {
  const { flags, env, folder = Deno.cwd(), uid = Deno.uid() } = sources;
  const { paths, namedBy } = configFiles({ flags, env, uid, folder });
  const flag = namedBy === null ? "--optional-config" : "--config";
  const files = paths.filter((path) =>
    path === configFile || (path === SYSTEM_FILE && isOpen(path))
  );
  const given = [
    settingsFromFlags(flags, folder),
    settingsFromEnvironment(env, folder),
  ];
  const settings = SETTING_NAMES.filter((name) =>
    name !== "state-dir" && !isSecret(name)
  );
  return [
    ...files.map((path) => `${flag}=${path}`),
    ...settings.flatMap((name) => {
      const first = given.map((source) => source.settings[name])
        .find((one) => one !== undefined);
      return first ? wordsOf(name, first, folder) : [];
    }),
  ];
}

function wordsOf(
  name: (typeof SETTING_NAMES)[number],
  { texts }: Given,
  folder: string,
): string[] {
  const { parse, shape } = SETTINGS[name];
  if (shape === "map") {
    return texts.map(({ key, text }) => `--log-level=${key}=${text}`);
  }
  return texts.map(({ text }) =>
    `--${name}=${parse === parsePath ? resolve(folder, text) : text}`
  );
}

const OTHERS_PASS = 0o001;

/** Whether everybody may pass the folders above a path, as far as those are there. */
function isLookable(path: string): boolean {
  for (let folder = dirname(path);; folder = dirname(folder)) {
    try {
      if (((Deno.statSync(folder).mode ?? 0) & OTHERS_PASS) === 0) return false;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    if (folder === "/") return true;
  }
}
