import type { ConfigProblem } from "./config_error.ts";
import type { Origin } from "./origin.ts";
import type { SettingName } from "./settings.ts";

/** One text that somebody wrote for a setting, not read yet. */
export interface GivenText {
  readonly text: string;
  /** The key within a setting that is a mapping. */
  readonly key?: string;
  readonly at: Origin;
}

/** What one source says about one setting. */
export interface Given {
  /** One for a single value; none or more for a list or a mapping. */
  readonly texts: readonly GivenText[];
  readonly at: Origin;
}

/** What one source (the flags, the environment, a file) says about all settings. */
export interface GivenSettings {
  readonly settings: Readonly<Partial<Record<SettingName, Given>>>;
  /** The folder against which relative paths of this source are resolved. */
  readonly folder: string;
  readonly problems: readonly ConfigProblem[];
}
