/**
 * The configuration of `worker serve`.
 *
 * One table, `SETTINGS`, says of each setting its name, parser, default and help; flags, variables,
 * the keys of `worker.yaml`, the example file, the JSON schema and the comparison at a reload are
 * made from it. Each source (flags over environment over file over defaults) is turned into texts
 * with their origin (`Given`), each text is read by the setting's parser, and what is wrong anywhere
 * is collected and thrown once as a `ConfigError`, one line for each with its place. Inside there is
 * one frozen `ServeConfig`, in which everything is true.
 *
 * The same `ConfigSources` later are a reload: `compareConfigs` says what a running server takes up
 * and what needs a restart. A server in another environment (`--run-as`) gets its sources as
 * `keptArguments` and, for secrets, `keptEnvironment`.
 *
 * A client's profile is here too, and has nothing to do with all that.
 *
 * @module
 */
export { compareConfigs, type ConfigComparison } from "./compare_configs.ts";
export {
  ConfigError,
  type ConfigProblem,
  describeProblem,
} from "./config_error.ts";
export { isTokenOpenToAll, readJoinToken } from "./join_token.ts";
export { keptArguments } from "./kept_arguments.ts";
export {
  type ConfigSources,
  loadEffective,
  loadServeConfig,
} from "./load_serve_config.ts";
export { type Role, type ServeConfig } from "./serve_config.ts";
export { SETTINGS, variableOf } from "./settings.ts";
