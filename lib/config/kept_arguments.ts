import { resolve } from "node:path";
import { configFiles } from "./config_files.ts";
import { settingsFromEnvironment } from "./from_environment.ts";
import { settingsFromFlags } from "./from_flags.ts";
import type { Given } from "./given.ts";
import type { ConfigSources } from "./load_serve_config.ts";
import { parsePath } from "./parsers.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";

/**
 * The words with which another process, in another folder and with another environment, finds the
 * same configuration, now and at every reload: flags and variables as flags, and the file by its
 * path. Without the state directory, which whoever keeps a server prepares and names.
 */
export function keptArguments(
  { flags, env, folder = Deno.cwd(), uid = Deno.uid() }: ConfigSources,
): string[] {
  const { paths, namedBy } = configFiles({ flags, env, uid, folder });
  const flag = namedBy === null ? "--optional-config" : "--config";
  const sources = [
    settingsFromFlags(flags, folder),
    settingsFromEnvironment(env, folder),
  ];
  const settings = SETTING_NAMES.filter((name) => name !== "state-dir");
  return [
    ...paths.map((path) => `${flag}=${path}`),
    ...settings.flatMap((name) => {
      const given = sources.map((source) => source.settings[name])
        .find((one) => one !== undefined);
      return given ? wordsOf(name, given, folder) : [];
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
