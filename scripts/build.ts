/**
 * Builds `./worker` (see `make build`), or with `--compile-check` only proves that the whole graph
 * embeds: it compiles with the Deno executable itself in the place of the runtime. That result can't
 * run and is thrown away.
 *
 * `--entry FILE --output FILE --build-dir DIR` build another program, which the tests of the build do.
 */
import { parseArgs } from "node:util";
import { bundle } from "./build/bundle.ts";
import { canCompile, compile } from "./build/compile.ts";
import { run } from "./build/run.ts";
import { writeSelfExtracting } from "./build/self_extracting.ts";
import { buildVersion } from "./build/version.ts";

const CHECKOUT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

const { values } = parseArgs({
  args: Deno.args,
  options: {
    "compile-check": { type: "boolean", default: false },
    "self-extracting": { type: "boolean", default: false },
    "build-dir": { type: "string", default: `${CHECKOUT}/build` },
    entry: { type: "string", default: `${CHECKOUT}/main.ts` },
    output: { type: "string", default: `${CHECKOUT}/worker` },
  },
});

const deno = Deno.execPath();
const buildDir = values["build-dir"];
await Deno.mkdir(buildDir, { recursive: true });

try {
  await (values["compile-check"] ? compileCheck() : build());
} catch (error) {
  console.error(`build: ${(error as Error).message}`);
  Deno.exit(1);
}

async function compileCheck(): Promise<void> {
  const output = `${buildDir}/compile-check`;
  // The bundle, as a build does it: of the sources, deno compile 2.9.6 overflows its stack.
  const outdir = `${buildDir}/compile-check-program`;
  const version = await buildVersion(CHECKOUT);
  await bundle(values.entry, { outdir, version, deno });
  const env = { DENORT_BIN: deno };
  await compile(`${outdir}/main.js`, { output, deno, env });
  const { size } = await Deno.stat(output);
  await Deno.remove(output);
  console.log(`deno compile embeds the whole graph (${megabytes(size)})`);
}

async function build(): Promise<void> {
  const version = await buildVersion(CHECKOUT);
  const program = `${buildDir}/program`;
  await bundle(values.entry, { outdir: program, version, deno });
  if (!values["self-extracting"] && await canCompile(await denoDir())) {
    await compile(`${program}/main.js`, { output: values.output, deno });
  } else {
    if (!values["self-extracting"]) {
      console.log(
        "no denort (set DENORT_BIN): building a self-extracting file instead of compiling",
      );
    }
    const { output } = values;
    const scratch = `${buildDir}/self-extracting`;
    await writeSelfExtracting({ deno, program, version, output, scratch });
  }
  const { size } = await Deno.stat(values.output);
  console.log(`built ${values.output} ${version} (${megabytes(size)})`);
}

async function denoDir(): Promise<string> {
  const info = JSON.parse(await run([deno, "info", "--json"])) as {
    denoDir: string;
  };
  return info.denoDir;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
