import { basename, dirname, join } from "node:path";
import { ProgramFolder } from "./program_folder.ts";
import { rootFolder } from "./root_folder.ts";

/**
 * The words that start a program, and what its environment has to say for it. Its files are there
 * until this is disposed, and then go as soon as something sweeps.
 */
export interface SharedProgram extends Disposable {
  command: readonly string[];
  env: Record<string, string>;
  /** Removes the files of programs that nobody runs, this one's too once it is disposed. */
  sweep(): void;
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
  command: readonly string[],
): SharedProgram {
  const main = command.at(-1)!;
  const runtime = command[0]!;
  if (!Deno.env.has("WORKER_EXECUTABLE")) {
    return { command, env: {}, sweep() {}, [Symbol.dispose]() {} };
  }
  const shared = join(stateDir, "program");
  makeFolder(shared);
  using stack = new DisposableStack();
  const names = [dirname(runtime), dirname(main)].map((folder) => {
    const name = basename(folder);
    stack.use(shareFolder(folder, join(shared, name)));
    return name;
  });
  ProgramFolder.sweep(shared);
  const [runtimeFolder, programFolder] = names.map((name) =>
    join(shared, name)
  ) as [string, string];
  const held = stack.move();
  return {
    command: [
      join(runtimeFolder, basename(runtime)),
      ...command.slice(1, -1),
      join(programFolder, basename(main)),
    ],
    env: { DENO_DIR: join(programFolder, "deno") },
    sweep: () => ProgramFolder.sweep(shared),
    [Symbol.dispose]: () => held.dispose(),
  };
}

/** Gives a folder of files a second place, complete or not at all. */
function shareFolder(from: string, to: string): ProgramFolder {
  const before = ProgramFolder.hold(to);
  if (before !== null) return before;
  const partial = `${to}.new`;
  if (exists(partial)) Deno.removeSync(partial, { recursive: true });
  makeFolder(partial);
  const held = ProgramFolder.hold(partial);
  if (held === null) throw new Error(`"${partial}" was removed meanwhile`);
  using failing = new DisposableStack();
  failing.use(held);
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
  failing.move();
  return held;
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
