import { advise } from "./advise.ts";
import type { ConfigProblem } from "./config_error.ts";
import type { Given, GivenText } from "./given.ts";
import type { Setting } from "./setting.ts";
import { type SettingName, SETTINGS } from "./settings.ts";

/** A setting as it could be written; null when it is absent. Paths are absolute. */
export type Shown = string | readonly string[] | Record<string, string> | null;

/** What a setting became. */
export interface ReadSetting {
  /** Of the type that the table's parser makes, in the table's shape. */
  readonly value: unknown;
  readonly shown: Shown;
  readonly problems: readonly ConfigProblem[];
}

/** Reads what one source says about a setting; what is wrong is left out, and told. */
export function readGiven(
  name: SettingName,
  given: Given,
  folder: string,
): ReadSetting {
  const setting: Setting = SETTINGS[name];
  const problems: ConfigProblem[] = [];
  const texts = setting.shape === "list" && setting.commas
    ? given.texts.flatMap(splitAtCommas)
    : given.texts;
  const read = texts.flatMap((given) => {
    const { key, text, at } = given;
    try {
      if (setting.shape === "map") refuseKey(setting, given);
      const value = setting.parse(text, folder);
      const plain = typeof value === "string" ? value : text;
      return [{ key, value, shown: setting.conceal?.(plain) ?? plain }];
    } catch (error) {
      const { message } = error as Error;
      problems.push({ at, key: name, message });
      return [];
    }
  });
  const last = read.at(-1);
  switch (setting.shape) {
    case "one":
    case "optional":
      return { value: last?.value, shown: last?.shown ?? null, problems };
    case "list":
      if (setting.commas) {
        const shown = [...new Set(read.map(({ shown }) => shown))];
        const value = [...new Set(read.map(({ value }) => value))];
        return { value, shown, problems };
      }
      return {
        value: read.map(({ value }) => value),
        shown: read.map(({ shown }) => shown),
        problems: [...problems, ...repetitions(name, given.texts)],
      };
    case "map":
      return {
        value: byKey(read.map(({ key, value }) => [key, value])),
        shown: byKey(read.map(({ key, shown }) => [key, shown])),
        problems,
      };
  }
}

/** What holds when nobody says anything. */
export function readInitial(name: SettingName): ReadSetting {
  const setting: Setting = SETTINGS[name];
  const at = { kind: "default" } as const;
  const texts = setting.shape === "one"
    ? [setting.initial]
    : setting.shape === "list"
    ? setting.initial
    : [];
  if (setting.shape === "optional") {
    return { value: null, shown: null, problems: [] };
  }
  return readGiven(
    name,
    { texts: texts.map((text) => ({ text, at })), at },
    "/",
  );
}

function splitAtCommas(given: GivenText): GivenText[] {
  return given.text.split(",").map((one) => ({ ...given, text: one.trim() }));
}

function refuseKey(
  { keys, keyName }: Setting & { shape: "map" },
  { key = "", text }: GivenText,
): void {
  if (keys.includes(key)) return;
  const advice = advise(key, keys, `write one of ${keys.join(", ")}`);
  throw new Error(
    key === ""
      ? `"${text}" has no ${keyName}: write for example "${keys[0]}=${text}"`
      : `"${key}" is not a ${keyName}: ${advice}`,
  );
}

function repetitions(
  name: SettingName,
  texts: readonly GivenText[],
): ConfigProblem[] {
  const seen = new Set<string>();
  return texts.filter(({ text }) => {
    // Several free ports are several addresses.
    const again = seen.has(text) && !/:0+$/.test(text);
    seen.add(text);
    return again;
  }).map(({ text, at }) => ({
    at,
    key: name,
    message: `"${text}" is there twice: keep one of them`,
  }));
}

function byKey<T>(
  entries: readonly (readonly [string | undefined, T])[],
): Record<string, T> {
  return Object.fromEntries(entries.map(([key, value]) => [key ?? "", value]));
}
