import type { Given, GivenSettings, GivenText } from "./given.ts";
import { splitLogLevel } from "./log_levels.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";

/** The flags as they were typed, by name without dashes; each with its values in order. */
export type FlagValues = Readonly<Record<string, readonly string[]>>;

/** Names of the settings that have a flag: single log levels are `--log-level category=level`. */
export const FLAG_NAMES = SETTING_NAMES.filter((name) =>
  SETTINGS[name].shape !== "map"
);

/** What the flags say. Of a flag for a single value the last one counts. */
export function settingsFromFlags(
  flags: FlagValues,
  folder: string,
): GivenSettings {
  const settings: Partial<Record<string, Given>> = {};
  for (const name of FLAG_NAMES) {
    const at = { kind: "flag", name: `--${name}` } as const;
    const texts = (flags[name] ?? []).map((text): GivenText => {
      if (name !== "log-level") return { text, at };
      const { key, text: level } = splitLogLevel(text);
      return { text: level, at, ...key !== null && { key } };
    });
    const own = texts.filter(({ key }) => key === undefined);
    const keyed = texts.filter(({ key }) => key !== undefined);
    if (keyed.length > 0) settings["log-levels"] = { texts: keyed, at };
    if (own.length > 0) {
      const list = SETTINGS[name].shape === "list";
      settings[name] = { texts: list ? own : own.slice(-1), at };
    }
  }
  return { settings, folder, problems: [] };
}
