import { deepEqual, equal, match } from "node:assert/strict";
import { fileGroups } from "../../scripts/test/file_groups.ts";
import { countJunit, denoTests } from "../../scripts/test/deno_tests.ts";

async function runTests(
  sources: string | readonly string[],
  { parallel = false } = {},
) {
  const folder = await Deno.makeTempDir();
  try {
    for (const [at, source] of [sources].flat().entries()) {
      await Deno.writeTextFile(`${folder}/x${at}_test.ts`, source);
    }
    return await denoTests("x", { paths: [folder], parallel }).run();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("denoTests() counts passed, failed and ignored when a run has all of them", async () => {
  const { passed, failed, skipped, output } = await runTests(`
    Deno.test("a", () => {});
    Deno.test("b", () => {});
    Deno.test("c", () => { throw new Error("the reason of c"); });
    Deno.test.ignore("d", () => {});
  `);
  deepEqual({ passed, failed, skipped }, { passed: 2, failed: 1, skipped: 1 });
  match(output, /the reason of c/);
});

Deno.test("denoTests() counts a failure when a file doesn't load", async () => {
  const { failed, output } = await runTests(`throw new Error("no such luck");`);
  equal(failed > 0, true);
  match(output, /no such luck/);
});

Deno.test("denoTests() runs all files in several processes when it may, and shows what failed", async () => {
  const sources = Array.from({ length: 20 }, (_, at) => `
    Deno.test("it", () => {
      ${at === 7 ? 'throw new Error("the reason of seven")' : ""}
    });
  `);
  const { output, ...counts } = await runTests(sources, { parallel: true });
  deepEqual(counts, { passed: 19, failed: 1, skipped: 0 });
  match(output, /the reason of seven/);
});

Deno.test("fileGroups() has each test once, and neighbours apart", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of ["a", "b", "c", "d", "e"]) {
      await Deno.writeTextFile(`${folder}/${name}_test.ts`, "");
      await Deno.writeTextFile(`${folder}/${name}.ts`, "");
    }
    const groups = fileGroups([`${folder}/e_test.ts`, folder], { size: 2 });
    const names = groups.map((files) =>
      files.map((file) => file.slice(folder.length + 1, -"_test.ts".length))
    );
    deepEqual(names, [["e", "c"], ["a", "d"], ["b", "e"]]);
    deepEqual(fileGroups([], { size: 2 }), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("countJunit() counts nothing when the report is empty", () => {
  deepEqual(countJunit(""), { passed: 0, failed: 0, skipped: 0 });
});
