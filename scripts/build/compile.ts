import { run } from "./run.ts";
import { RUNTIME_FLAGS } from "./runtime_flags.ts";

const DOWNLOADS = "https://dl.deno.land/release";
const PROBE_TIMEOUT_MS = 3_000;

/**
 * Whether `deno compile` can have the runtime that it embeds (`denort`): from `DENORT_BIN`, from
 * Deno's cache, or from Deno's download site when that answers within three seconds.
 */
export async function canCompile(denoDir: string): Promise<boolean> {
  if (Deno.env.get("DENORT_BIN")) return true;
  const archive =
    `v${Deno.version.deno}/denort-${Deno.build.arch}-unknown-linux-gnu.zip`;
  try {
    await Deno.stat(`${denoDir}/dl/release/${archive}`);
    return true;
  } catch {
    // Not in the cache: ask the site.
  }
  try {
    const response = await fetch(`${DOWNLOADS}/${archive}`, {
      method: "HEAD",
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    return response.ok;
  } catch {
    return false;
  }
}

/** Compiles `entry` and all that it imports, lazily or not, into the executable `output`. */
export async function compile(
  entry: string,
  options: { output: string; deno: string; env?: Record<string, string> },
): Promise<void> {
  await run([
    options.deno,
    "compile",
    "--quiet",
    "--allow-all",
    "--no-check",
    "--frozen",
    ...RUNTIME_FLAGS,
    `--output=${options.output}`,
    entry,
  ], options.env ? { env: options.env } : {});
}
