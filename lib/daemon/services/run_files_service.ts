import type { LiveConfig } from "../../config/live_config.ts";
import { aborted } from "../../supervisor/aborted.ts";
import type { Service } from "../../supervisor/mod.ts";
import type { DaemonEvents } from "../events.ts";
import { noteExecutable } from "../replacement/own_program.ts";
import type { Place } from "../place.ts";
import { runFiles } from "../run_files.ts";

/**
 * Says in `run/address` where the server listens, a line each, and in `run/executable` which file an
 * upgrade is to replace, as long as it serves.
 */
export function runFilesService(
  { live, place }: { live: LiveConfig; place: Place },
): Service<DaemonEvents> {
  return {
    name: "run-files",
    endless: true,
    needs: ["api"],
    async run(signal, bus) {
      const { stateDir, kept } = live.current;
      const { address: path, executable } = runFiles(stateDir);
      await bus.waitFor("PlaceTaken", { signal });
      await bus.waitFor("AdminReady", { signal });
      const { addresses } = await bus.waitFor("ApiReady", { signal });
      const lines = addresses.map((address) => `${address}\n`);
      try {
        await say(path, lines.join(""));
        // Of a kept one the keeper is what is upgraded.
        if (!kept) noteExecutable(stateDir);
      } finally {
        bus.broadcast("RunFilesWritten", {});
      }
      await aborted(signal);
      // Whoever has its place by now listens there as well.
      if (place.handedOver) return;
      await forget(path, { kept });
      if (!kept) await forget(executable, { kept });
    },
  };
}

async function say(path: string, text: string) {
  // The same again takes no room, which a full disk may not have.
  if (await Deno.readTextFile(path).catch(() => null) === text) return;
  await Deno.writeTextFile(path, text, { mode: 0o600 });
}

async function forget(path: string, { kept }: { kept: boolean }) {
  try {
    // The folder is not ours when somebody else has made the file for us.
    await (kept ? Deno.truncate(path) : Deno.remove(path));
  } catch {
    // Somebody may have tidied up.
  }
}
