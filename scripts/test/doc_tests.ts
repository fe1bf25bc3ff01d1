import { denoTests } from "./deno_tests.ts";
import type { Part } from "./part.ts";

/**
 * A part that runs the examples of the documentation in these files and folders, one test each. What
 * they make in the temporary directory is gone afterwards: an example need not clean up.
 */
export function docTests(name: string, paths: string[]): Part {
  return {
    name,
    async run() {
      const directory = await Deno.makeTempDir({ prefix: "worker-docs-" });
      try {
        return await denoTests(name, {
          paths: ["--doc", ...paths],
          env: { TMPDIR: directory },
        }).run();
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  };
}
