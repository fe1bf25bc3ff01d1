import { resolve } from "node:path";
import { ownCommand } from "../../jobhost/build.ts";
import { replaceText } from "../replace_text.ts";
import { runFiles } from "../run_files.ts";

/** How this program is started from its file, which may hold another build by now. */
export interface OwnProgram {
  /** The file that an upgrade replaces; null for a program of the sources. */
  executable: string | null;
  /** The words that start what is there now, without arguments. */
  command: readonly string[];
}

/** The program of this process. */
export function ownProgram(): OwnProgram {
  // The header of a self-extracting file says where that is.
  const packed = Deno.env.get("WORKER_EXECUTABLE");
  const executable = packed
    ? resolve(packed)
    : (Deno.build.standalone ? Deno.execPath() : null);
  return executable === null
    ? { executable, command: ownCommand() }
    : { executable, command: [executable] };
}

/** Says in the run directory which file an upgrade is to replace. */
export function noteExecutable(stateDir: string): void {
  const { executable } = ownProgram();
  if (executable === null) return;
  // Whole: somebody may ask for the next upgrade as soon as this one has come about.
  replaceText(runFiles(stateDir).executable, `${executable}\n`);
}
