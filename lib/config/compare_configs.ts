import type { ServeConfig } from "./serve_config.ts";
import type { Setting } from "./setting.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";

/** What a reload changes. */
export interface ConfigComparison {
  /** Names of settings that differ and that a running server takes up. */
  readonly changed: string[];
  /** Names of settings that differ and that it takes up when it is started again. */
  readonly needRestart: string[];
  /** What the server is to go on with: `after`, with what needs a restart as it was. */
  readonly config: ServeConfig;
}

/** What differs between the configuration a server runs with and the one it has read again. */
export function compareConfigs(
  before: ServeConfig,
  after: ServeConfig,
): ConfigComparison {
  const differing = SETTING_NAMES.filter((name) => {
    const { of }: Setting = SETTINGS[name];
    return text(of(before)) !== text(of(after));
  });
  const { stateDir, listen, tls, runAs, kept } = before;
  const { roles, name, publicAddrs, proxies, join, caPins, deployment } =
    before;
  return {
    changed: differing.filter((name) => SETTINGS[name].reload),
    needRestart: differing.filter((name) => !SETTINGS[name].reload),
    config: Object.freeze({
      ...after,
      ...{ stateDir, listen, tls, runAs, kept },
      ...{ roles, name, publicAddrs, proxies, join, caPins, deployment },
    }),
  };
}

/** The same text for the same value: Infinity is no JSON, and the order of keys says nothing. */
function text(value: unknown): string {
  return JSON.stringify(value ?? null, (_, part) => {
    if (part === Infinity) return "Infinity";
    if (part === null || typeof part !== "object" || Array.isArray(part)) {
      return part;
    }
    return Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1);
  });
}
