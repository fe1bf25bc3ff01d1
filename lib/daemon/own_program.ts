import { ownCommand } from "../jobhost/mod.ts";

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
  const executable = Deno.env.get("WORKER_EXECUTABLE") ??
    (Deno.build.standalone ? Deno.execPath() : null);
  return executable === null
    ? { executable, command: ownCommand() }
    : { executable, command: [executable] };
}
