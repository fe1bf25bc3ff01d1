/**
 * Keeping a job apart from its host, by the host's standard tools.
 *
 * - {@linkcode isolate} turns what a job asks for into the words that go before its command, in this
 *   order: `unshare` makes namespaces, a constant shell script arranges what is in them, `env`
 *   cleans up behind the shell, `prlimit` sets limits, `setpriv` gives privileges up, last of all.
 * - A feature is offered only when it was seen to work here: {@linkcode probeFeature} tries it once.
 *   What the host can't do is refused with `UNSUPPORTED`, never left out.
 * - No text of a user is ever part of a script: it travels as arguments.
 * - The exit code and the signal that ends the command are those of the job in every combination.
 */
export {
  type FeatureReport,
  FEATURES,
  type IsolationFeature,
} from "./feature.ts";
export { isolate, type IsolateOptions } from "./isolate.ts";
export { MissingToolError, type ToolName, toolPath } from "./tools.ts";
export { probeFeature, probeIsolation } from "./probe.ts";
