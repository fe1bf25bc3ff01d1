import type { ServeConfig } from "./serve_config.ts";

/** The configuration that is in force, which a reload replaces. */
export interface LiveConfig {
  readonly current: ServeConfig;
}
