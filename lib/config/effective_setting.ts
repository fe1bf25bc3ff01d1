import type { Origin } from "./origin.ts";
import type { Shown } from "./read_given.ts";
import type { SettingName } from "./settings.ts";

/** A setting as it holds, and who said so. */
export interface EffectiveSetting {
  readonly name: SettingName;
  readonly shown: Shown;
  readonly from: Origin;
}
