import { basename, dirname, join } from "node:path";
import { rootFolder } from "./root_folder.ts";

/** The words that start a program, and what its environment has to say for it. */
export interface SharedProgram {
  command: readonly string[];
  env: Record<string, string>;
}

/**
 * Makes this program readable for the user whom the server runs as.
 *
 * A self-extracting executable unpacks itself into a private folder of whoever starts it, here root.
 * Its files get a second name in `program/` of the state directory, root's own, where others may read
 * them but not replace them: so that user needs no copy of its own, which it could change. Any other
 * program is taken as it is.
 *
 * @param command The words that start this program, see `ownCommand`.
 */
export function shareProgram(
  stateDir: string,
  { command, replaces }: { command: readonly string[]; replaces: boolean },
): SharedProgram {
  const main = command.at(-1)!;
  const runtime = command[0]!;
  if (!Deno.env.has("WORKER_EXECUTABLE")) return { command, env: {} };
  const shared = join(stateDir, "program");
  makeFolder(shared);
  const names = [dirname(runtime), dirname(main)].map((folder) => {
    const name = basename(folder);
    shareFolder(folder, join(shared, name));
    return name;
  });
  // Nobody uses another one but a server that is being replaced: others would hold the keeper's lock.
  for (const { name } of Deno.readDirSync(shared)) {
    if (!replaces && !names.includes(name)) {
      Deno.removeSync(join(shared, name), { recursive: true });
    }
  }
  const [runtimeFolder, programFolder] = names.map((name) =>
    join(shared, name)
  ) as [string, string];
  return {
    command: [
      join(runtimeFolder, basename(runtime)),
      ...command.slice(1, -1),
      join(programFolder, basename(main)),
    ],
    env: { DENO_DIR: join(programFolder, "deno") },
  };
}

/** Gives a folder of files a second place, complete or not at all. */
function shareFolder(from: string, to: string): void {
  if (exists(to)) return;
  const partial = `${to}.new`;
  if (exists(partial)) Deno.removeSync(partial, { recursive: true });
  makeFolder(partial);
  for (const { name, isFile } of Deno.readDirSync(from)) {
    // The runtime's cache is a folder, and is made again.
    if (!isFile) continue;
    const file = join(partial, name);
    try {
      Deno.linkSync(join(from, name), file);
    } catch {
      // Another file system.
      Deno.copyFileSync(join(from, name), file);
    }
    Deno.chmodSync(file, 0o755);
  }
  Deno.renameSync(partial, to);
}

/** A folder of root that everybody may read. */
function makeFolder(path: string): void {
  using entry = rootFolder(path);
  entry.give({ uid: 0, gid: 0, mode: 0o755 });
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
