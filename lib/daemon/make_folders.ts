import { join } from "node:path";
import { WorkerError } from "../api/errors.ts";
import { unshareFolders } from "./keeper/shared_folders.ts";

/** The folders of a server that nobody else has prepared. @throws {WorkerError} `INVALID_ARGUMENT` */
export async function makeFolders(stateDir: string): Promise<void> {
  try {
    await Deno.mkdir(join(stateDir, "run"), { recursive: true, mode: 0o700 });
    await Deno.chmod(stateDir, 0o700);
  } catch (cause) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `cannot use the state directory "${stateDir}": ${
        (cause as Error).message
      }; choose another with --state-dir`,
      { cause },
    );
  }
  unshareFolders(stateDir);
}
