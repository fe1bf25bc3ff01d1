import { run } from "./run.ts";

/** The literal of `lib/version.ts` that a build replaces. */
const VERSION_LITERAL = `"0.0.0-source"`;

/**
 * Bundles the program into `outdir/main.js` and chunks that load lazily, and puts `version` into it.
 *
 * @throws {Error} when the version's literal isn't there exactly once.
 */
export async function bundle(
  entry: string,
  options: { outdir: string; version: string; deno: string },
): Promise<void> {
  await Deno.remove(options.outdir, { recursive: true }).catch(() => {});
  await run([
    options.deno,
    "bundle",
    "--quiet",
    "--frozen",
    "--platform=deno",
    "--code-splitting",
    "--minify",
    `--outdir=${options.outdir}`,
    entry,
  ]);
  let replaced = 0;
  for (const { name } of Deno.readDirSync(options.outdir)) {
    const path = `${options.outdir}/${name}`;
    const parts = (await Deno.readTextFile(path)).split(VERSION_LITERAL);
    replaced += parts.length - 1;
    if (parts.length > 1) {
      await Deno.writeTextFile(
        path,
        parts.join(JSON.stringify(options.version)),
      );
    }
  }
  if (replaced !== 1) {
    throw new Error(
      `the bundle has ${VERSION_LITERAL} ${replaced} times, expected once: see lib/version.ts`,
    );
  }
}
