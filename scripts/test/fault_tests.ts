import { denoTests } from "./deno_tests.ts";
import type { Part } from "./part.ts";

/**
 * The fault suite: what happens in it is drawn from a seed, which is told whatever comes of it, with
 * the faults that this host does not allow. `WORKER_FAULT_SEED` repeats a run.
 */
export function faultTests(name: string, folder: string): Part {
  return {
    name,
    async run() {
      const seed = Deno.env.get("WORKER_FAULT_SEED") ||
        String(1 + Math.floor(Math.random() * 1_000_000));
      const notes = await Deno.makeTempFile();
      try {
        const result = await denoTests(name, {
          paths: [folder],
          env: { WORKER_FAULT_SEED: seed, WORKER_FAULT_NOTES: notes },
        }).run();
        const told = (await Deno.readTextFile(notes)).trim();
        const note = [`WORKER_FAULT_SEED=${seed}`, ...told ? [told] : []];
        return { ...result, note: note.join("\n  ") };
      } finally {
        await Deno.remove(notes);
      }
    },
  };
}
