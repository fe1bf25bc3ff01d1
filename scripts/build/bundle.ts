import { resolve } from "node:path";
import { countDisposals, keepDisposals } from "./keep_disposals.ts";
import { run } from "./run.ts";

/** The literal of `lib/version.ts` that a build replaces. */
const VERSION_LITERAL = /"0\.0\.0-source"/g;

/**
 * What `deno bundle` writes for `require()` in CommonJS packages. It stands in a chunk that every
 * command loads, and "node:module" takes 30 ms, so it is replaced by {@linkcode LAZY_REQUIRE}.
 */
const REQUIRE_HELPER =
  /import \{ createRequire as \w+ \} from "node:module";\s*var (\w+) = \w*createRequire\(import\.meta\.url\);/gi;

/** The same for built-in modules, which are all that a bundle can ask for; loads nothing ahead. */
const LAZY_REQUIRE = `var $1=(id)=>{let found=process.getBuiltinModule(id);` +
  `if(!found)throw new Error('no module "'+id+'" in this executable');return found};`;

/**
 * Bundles the program into `outdir/main.js` and chunks that load lazily, and puts `version` into it:
 * first as it is, then, with what has to be changed in it, minified.
 *
 * @throws {Error} when the version's literal isn't there exactly once, or a `using` is lost.
 */
export async function bundle(
  entry: string,
  options: { outdir: string; version: string; deno: string },
): Promise<void> {
  const { outdir, deno } = options;
  const plain = `${outdir}-plain`;
  await denoBundle(entry, { outdir: plain, deno });
  const version = JSON.stringify(options.version);
  const places = await replaceInFiles(plain, VERSION_LITERAL, version);
  if (places !== 1) {
    throw new Error(
      `the bundle has ${VERSION_LITERAL.source} ${places} times, expected once: see lib/version.ts`,
    );
  }
  await replaceInFiles(plain, REQUIRE_HELPER, LAZY_REQUIRE);
  const code = await readAll(plain);
  if (/createRequire\(/i.test(code.join())) {
    throw new Error(
      "deno bundle writes its require() helper in another way now: see REQUIRE_HELPER",
    );
  }
  await changeFiles(plain, keepDisposals);
  // Names of chunks come from paths, and those are told from the working directory.
  await denoBundle("main.js", {
    outdir: resolve(outdir),
    deno: resolve(deno),
    cwd: plain,
    minify: true,
  });
  const lost = disposals(code) - disposals(await readAll(outdir));
  if (lost !== 0) {
    throw new Error(
      `minified, the bundle has lost ${lost} \`using\`: see scripts/build/keep_disposals.ts`,
    );
  }
  await Deno.remove(plain, { recursive: true });
}

async function denoBundle(
  entry: string,
  { outdir, deno, cwd, minify = false }: {
    outdir: string;
    deno: string;
    cwd?: string;
    minify?: boolean;
  },
): Promise<void> {
  await Deno.remove(outdir, { recursive: true }).catch(() => {});
  const words = [
    deno,
    "bundle",
    "--quiet",
    "--frozen",
    "--platform=deno",
    "--code-splitting",
    ...(minify ? ["--minify"] : []),
    `--outdir=${outdir}`,
    entry,
  ];
  await run(words, cwd === undefined ? {} : { cwd });
}

function disposals(code: string[]): number {
  return code.reduce((sum, text) => sum + countDisposals(text), 0);
}

async function readAll(folder: string): Promise<string[]> {
  const texts: string[] = [];
  for (const { name } of Deno.readDirSync(folder)) {
    texts.push(await Deno.readTextFile(`${folder}/${name}`));
  }
  return texts;
}

/** Gives the number of replacements. */
async function replaceInFiles(
  folder: string,
  pattern: RegExp,
  replacement: string,
): Promise<number> {
  let count = 0;
  await changeFiles(folder, (text) => {
    count += text.match(pattern)?.length ?? 0;
    return text.replace(pattern, replacement);
  });
  return count;
}

async function changeFiles(
  folder: string,
  change: (text: string) => string,
): Promise<void> {
  for (const { name } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
  }
}
