import type { ConfigProblem } from "./config_error.ts";
import { ConfigError } from "./config_error.ts";
import { configFiles, type ConfigFileSources } from "./config_files.ts";
import {
  type Environment,
  settingsFromEnvironment,
} from "./from_environment.ts";
import { settingsFromFile } from "./from_file.ts";
import { type FlagValues, settingsFromFlags } from "./from_flags.ts";
import type { GivenSettings } from "./given.ts";
import { secretVariables } from "./kept_environment.ts";
import { readConfigFile } from "./read_config_file.ts";
import type { EffectiveSetting } from "./effective_setting.ts";
import { readSettings } from "./read_settings.ts";
import { type ServeConfig, serveConfig } from "./serve_config.ts";

/** From where a configuration is read. The same sources later are a reload. */
export interface ConfigSources {
  /** Flags of `worker serve`, without dashes; with `config`, `optional-config` and `kept`. */
  readonly flags: FlagValues;
  /** Only `WORKER_SERVE_…`, `HOME` and the XDG variables are looked at. */
  readonly env: Environment;
  /** The working directory, for relative paths of flags and variables. @default {Deno.cwd} */
  readonly folder?: string;
  /** The user who runs this. @default {Deno.uid} */
  readonly uid?: number | null;
}

/** A configuration, and where each of its settings is from. */
export interface LoadedConfig {
  readonly config: ServeConfig;
  readonly effective: readonly EffectiveSetting[];
}

/**
 * The configuration of a server: flags over environment over file over defaults.
 *
 * @throws {ConfigError} with everything that is wrong.
 */
export async function loadServeConfig(
  sources: ConfigSources,
): Promise<ServeConfig> {
  return (await loadEffective(sources)).config;
}

/** {@linkcode loadServeConfig}, with the origin of each setting. @throws {ConfigError} */
export async function loadEffective(
  { flags, env: given, folder = Deno.cwd(), uid = Deno.uid() }: ConfigSources,
): Promise<LoadedConfig> {
  const kept = flags.kept !== undefined;
  // Who keeps a server has read the environment, and passes it on as flags; secrets stay there.
  const env = kept ? secretVariables(given) : given;
  const file = await fromFiles({ flags, env, uid, folder });
  const { values, effective, problems } = readSettings([
    settingsFromFlags(flags, folder),
    settingsFromEnvironment(env, folder),
    ...file.given,
  ]);
  if (file.problem !== null) throw new ConfigError([file.problem, ...problems]);
  if (problems.length > 0) throw new ConfigError(problems);
  const config = serveConfig(values, {
    kept,
    configFile: file.path,
    uid,
    env: (name) => given[name],
  });
  return {
    config,
    effective: effective.map((one) =>
      one.name === "state-dir" ? { ...one, shown: config.stateDir } : one
    ),
  };
}

interface FileSource {
  /** The file that was read. */
  path: string | null;
  given: GivenSettings[];
  problem: ConfigProblem | null;
}

/** What the first file says that is there. */
async function fromFiles(
  sources: ConfigFileSources,
): Promise<FileSource> {
  const { paths, namedBy } = configFiles(sources);
  for (const path of paths) {
    const read = await readConfigFile(path, sources.uid);
    if (read === null) continue;
    if ("problem" in read) return { path, given: [], problem: read.problem };
    const given = [await settingsFromFile(path, read.text)];
    return { path, given, problem: null };
  }
  if (namedBy === null) return { path: null, given: [], problem: null };
  const message = `"${
    paths[0]
  }" is not there: name a file, or write one with \`worker config init\``;
  const problem = { at: namedBy, key: null, message };
  return { path: null, given: [], problem };
}
