import { join } from "node:path";

/**
 * A folder with files of a program, which is there for as long as somebody holds it. The kernel drops
 * the hold with the process, however that ends.
 */
export class ProgramFolder implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Holds a folder; null when there is none, or none any more in a moment. */
  static hold(path: string): ProgramFolder | null {
    const file = openFolder(path);
    if (file === null) return null;
    if (file.tryLockSync(false) && isStillThere(path, file)) {
      return new ProgramFolder(file);
    }
    file.close();
    return null;
  }

  /** Removes the folders in this one that nobody holds. */
  static sweep(parent: string): void {
    for (const { name } of Array.from(Deno.readDirSync(parent))) {
      const path = join(parent, name);
      using file = openFolder(path);
      if (file?.tryLockSync(true)) Deno.removeSync(path, { recursive: true });
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

function openFolder(path: string): Deno.FsFile | null {
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Whoever swept held the lock until the folder was gone. */
function isStillThere(path: string, file: Deno.FsFile): boolean {
  try {
    return Deno.lstatSync(path).ino === file.statSync().ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
