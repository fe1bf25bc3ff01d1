import type { Environment } from "./from_environment.ts";
import { readJoinToken } from "./join_token.ts";
import type { ServeConfig } from "./serve_config.ts";
import type { Setting } from "./setting.ts";
import {
  SETTING_NAMES,
  type SettingName,
  SETTINGS,
  variableOf,
} from "./settings.ts";

/**
 * What a kept server is told besides its arguments: secrets, which everybody on the host could read
 * there. A token in a file that only root may read is read here.
 */
export async function keptEnvironment(
  { join }: Pick<ServeConfig, "join">,
): Promise<Record<string, string>> {
  if (join === null) return {};
  // Who has joined needs none any more, so that a file that is gone is the kept server's to judge.
  const token = await readJoinToken(join).catch(() => join);
  return { [variableOf("join")]: token };
}

/** Of the variables those that a kept server reads: its keeper has read the others. */
export function secretVariables(env: Environment): Environment {
  const names = SETTING_NAMES.filter(isSecret).map(variableOf);
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => names.includes(name)),
  );
}

/** Whether the value of a setting must not be in the arguments of a process. */
export function isSecret(name: SettingName): boolean {
  const setting: Setting = SETTINGS[name];
  return setting.conceal !== undefined;
}
