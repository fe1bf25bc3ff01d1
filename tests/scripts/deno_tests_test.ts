import { deepEqual, equal, match } from "node:assert/strict";
import { countJunit, denoTests } from "../../scripts/test/deno_tests.ts";

async function runTests(source: string) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/x_test.ts`, source);
    return await denoTests("x", { paths: [folder] }).run();
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

Deno.test("countJunit() counts nothing when the report is empty", () => {
  deepEqual(countJunit(""), { passed: 0, failed: 0, skipped: 0 });
});
