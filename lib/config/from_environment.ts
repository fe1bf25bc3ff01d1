import { nearest } from "../api/nearest.ts";
import type { ConfigProblem } from "./config_error.ts";
import type { Given, GivenSettings, GivenText } from "./given.ts";
import { splitLogLevel } from "./log_levels.ts";
import {
  SETTING_NAMES,
  SETTINGS,
  VARIABLE_PREFIX,
  variableOf,
} from "./settings.ts";

/** Variables by name. */
export type Environment = Readonly<Record<string, string>>;

/** The variable that names the configuration file. */
export const FILE_VARIABLE = variableOf("config");

/**
 * What the `WORKER_SERVE_…` variables say; several values are separated by commas. An empty one is
 * as good as absent: that is how unit and compose files take a variable back.
 */
export function settingsFromEnvironment(
  env: Environment,
  folder: string,
): GivenSettings {
  const settings: Partial<Record<string, Given>> = {};
  for (const name of SETTING_NAMES) {
    const variable = variableOf(name);
    const value = env[variable]?.trim();
    if (!value) continue;
    const at = { kind: "environment", name: variable } as const;
    const { shape } = SETTINGS[name];
    const single = shape === "one" || shape === "optional";
    const words = single ? [value] : value.split(",").map((one) => one.trim());
    const texts = words.map((text): GivenText => {
      if (shape !== "map") return { text, at };
      const { key, text: level } = splitLogLevel(text);
      return { text: level, at, key: key ?? "" };
    });
    settings[name] = { texts, at };
  }
  return { settings, folder, problems: unknownVariables(env) };
}

function unknownVariables(env: Environment): ConfigProblem[] {
  const known = [FILE_VARIABLE, ...SETTING_NAMES.map(variableOf)];
  return Object.keys(env).filter((name) =>
    name.startsWith(VARIABLE_PREFIX) && !known.includes(name)
  ).sort().map((name) => {
    const key = name.slice(VARIABLE_PREFIX.length).toLowerCase()
      .replaceAll("_", "-");
    const meant = nearest(key, ["config", ...SETTING_NAMES]);
    return {
      at: { kind: "environment", name },
      key: null,
      message: `"${name}" is not a variable of \`worker serve\`: ${
        meant === null
          ? "see `worker config init` for the settings"
          : `did you mean "${variableOf(meant)}"?`
      }`,
    };
  });
}
