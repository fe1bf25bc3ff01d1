import { denoTests } from "./deno_tests.ts";
import type { Part } from "./part.ts";

/** The end-to-end suite; it says why when tests that need a network of their own are skipped. */
export function e2eTests(name: string, folder: string): Part {
  return {
    name,
    async run() {
      const notes = await Deno.makeTempFile();
      try {
        const result = await denoTests(name, {
          paths: [folder],
          env: {
            WORKER_LAB_NOTES: notes,
            // Where `ip` and `haproxy` are; not everybody who is root has it on the path.
            PATH: `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`,
          },
        }).run();
        const note = (await Deno.readTextFile(notes)).trim();
        return note ? { ...result, note } : result;
      } finally {
        await Deno.remove(notes);
      }
    },
  };
}
