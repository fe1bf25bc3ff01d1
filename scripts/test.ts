/**
 * `make test`: runs every part, or those that are named (`lint`, `unit`, `docs`, `compile-check`, `build`,
 * `vm`, `hostile`, `faults`, `e2e`). Quiet when green; a part that fails prints what it said. The last line is the sum:
 * `N passed, N failed`, with `, N skipped` when tests were skipped.
 */
import { checks } from "./test/checks.ts";
import { denoTests } from "./test/deno_tests.ts";
import { e2eTests } from "./test/e2e_tests.ts";
import { faultTests } from "./test/fault_tests.ts";
import { docTests } from "./test/doc_tests.ts";
import { lint } from "./test/lint.ts";
import type { Part } from "./test/part.ts";
import { vmTests } from "./test/vm_tests.ts";

/** Folders of tests that run alone: they need the built executable, or load the machine. */
const ALONE = ["build", "hostile", "faults", "e2e"];
/** Folders of tests that need root and cgroup v2 with controllers; what needs less runs there once more. */
const VM = ["tests/vm", "tests/cgroup"];

const folders = Array.from(Deno.readDirSync("tests"))
  .filter(({ isDirectory }) => isDirectory)
  .map(({ name }) => name)
  .filter((name) => hasTests(`tests/${name}`))
  .sort();

const parts: Part[] = [
  lint(),
  denoTests("unit", {
    paths: [
      "tests/mod_test.ts",
      ...folders.filter((name) => !["vm", ...ALONE].includes(name))
        .map((name) => `tests/${name}`),
    ],
    parallel: true,
  }),
  docTests("docs", ["mod.ts", "lib", "certs"]),
  checks("compile-check", {
    "deno compile": [
      Deno.execPath(),
      "run",
      "--quiet",
      "--allow-all",
      "scripts/build.ts",
      "--compile-check",
    ],
  }),
  vmTests("vm", VM),
  ...ALONE.filter((name) => folders.includes(name)).map((name) =>
    name === "faults"
      ? faultTests(name, "tests/faults")
      : name === "e2e"
      ? e2eTests(name, "tests/e2e")
      : denoTests(name, { paths: [`tests/${name}`] })
  ),
];

const wanted = Deno.args.length === 0
  ? parts
  : parts.filter(({ name }) => Deno.args.includes(name));
if (wanted.length < Deno.args.length) {
  const names = parts.map(({ name }) => name).join(", ");
  console.error(`"${Deno.args.join(" ")}" names no part: choose from ${names}`);
  Deno.exit(2);
}

const sum = { passed: 0, failed: 0, skipped: 0 };
for (const part of wanted) {
  const started = performance.now();
  const { passed, failed, skipped, output, note } = await part.run();
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
  const seconds = Math.round((performance.now() - started) / 1000);
  if (failed > 0) console.log(output.trimEnd());
  const outcome = failed > 0 ? "FAILED" : passed > 0 ? "ok" : "SKIPPED";
  console.log(
    `${outcome} ${part.name} (${seconds} s)${note ? `: ${note}` : ""}`,
  );
}
const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : "";
console.log(`${sum.passed} passed, ${sum.failed} failed${skipped}`);
Deno.exit(sum.failed > 0 ? 1 : 0);

function hasTests(folder: string): boolean {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory ? hasTests(`${folder}/${name}`) : /_test\.ts$/.test(name)) {
      return true;
    }
  }
  return false;
}
