import { run } from "./run.ts";

/** The literal of `lib/version.ts` that a build replaces. */
const VERSION_LITERAL = /"0\.0\.0-source"/g;

/**
 * What `deno bundle` writes for `require()` in CommonJS packages. It stands in a chunk that every
 * command loads, and "node:module" takes 30 ms, so it is replaced by {@linkcode lazyRequire}.
 */
const REQUIRE_HELPER =
  /import ?\{createRequire as (?:\w+)\} ?from ?"node:module";var (\w+)=\w*createRequire\(import\.meta\.url\);/gi;

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
  const places = await replaceInFiles(
    options.outdir,
    VERSION_LITERAL,
    () => JSON.stringify(options.version),
  );
  if (places !== 1) {
    throw new Error(
      `the bundle has ${VERSION_LITERAL.source} ${places} times, expected once: see lib/version.ts`,
    );
  }
  await replaceInFiles(options.outdir, REQUIRE_HELPER, lazyRequire);
  if (await replaceInFiles(options.outdir, /createRequire\(/gi, (x) => x) > 0) {
    throw new Error(
      "deno bundle writes its require() helper in another way now: see REQUIRE_HELPER",
    );
  }
}

/** Gives the number of replacements. */
async function replaceInFiles(
  folder: string,
  pattern: RegExp,
  replacement: (...match: string[]) => string,
): Promise<number> {
  let count = 0;
  for (const { name } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    const before = await Deno.readTextFile(path);
    const after = before.replace(pattern, (...match: string[]) => {
      count++;
      return replacement(...match);
    });
    if (after !== before) await Deno.writeTextFile(path, after);
  }
  return count;
}

/** The same for built-in modules, which are all that a bundle can ask for; loads nothing ahead. */
function lazyRequire(_: string, name: string): string {
  return `var ${name}=(id)=>{let found=process.getBuiltinModule(id);` +
    `if(!found)throw new Error('no module "'+id+'" in this executable');return found};`;
}
