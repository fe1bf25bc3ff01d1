import { type Command, Option } from "commander";
import { FLAG_NAMES, type FlagValues } from "../../lib/config/from_flags.ts";
import { type Setting } from "../../lib/config/setting.ts";
import { SETTINGS } from "../../lib/config/settings.ts";

/** Gives a command the flags of `worker serve`: one for each setting, and where the file is. */
export function addServeOptions(command: Command): Command {
  for (const name of FLAG_NAMES) {
    command.addOption(optionOf(name, SETTINGS[name]));
  }
  return command.addOption(
    repeatable(
      "--config <FILE>",
      "settings from this file (default: /etc/worker/worker.yaml for root, else ~/.config/worker/worker.yaml, when it is there)",
    ),
  );
}

/** What commander has parsed, as the configuration reads it: names with dashes, every value. */
export function flagValues(
  options: Readonly<Record<string, unknown>>,
): FlagValues {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) =>
      Array.isArray(value) && value.length > 0
    ).map(
      ([name, value]) => [
        name.replace(/[A-Z]/g, (upper) => `-${upper.toLowerCase()}`),
        value as string[],
      ],
    ),
  );
}

/** An option whose values are collected: of one that takes a single value, the last counts. */
export function repeatable(flags: string, help: string): Option {
  return new Option(flags, help).argParser((
    value: string,
    before: string[] | undefined,
  ) => [...before ?? [], value]);
}

function optionOf(name: string, setting: Setting): Option {
  const isLevel = name === "log-level";
  const help = isLevel
    ? `${setting.help}; CATEGORY=LEVEL for one part`
    : setting.help;
  const initial = setting.shape === "optional"
    ? setting.without
    : setting.shape === "one"
    ? setting.initial
    : setting.shape === "list"
    ? setting.initial.join(", ") || null
    : null;
  const option = repeatable(
    `--${name} <${setting.value}>`,
    initial === null ? help : `${help} (default: ${initial})`,
  );
  // Whoever lists options tells from an array that there may be several.
  return setting.shape === "list" || isLevel ? option.default([], "") : option;
}
