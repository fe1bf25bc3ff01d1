import { dirname, join } from "node:path";
import { CertificateStoreError } from "./errors.ts";

/** Modes of what lies in a state directory: for its owner only. */
export const FILE_MODE = 0o600;
export const DIRECTORY_MODE = 0o700;

/** A file to be written: where, and its whole text. */
export interface FileContent {
  path: string;
  text: string;
}

/** Makes a directory (and those above it) with mode 0700; false when it is there already. */
export async function makeDirectory(path: string): Promise<boolean> {
  await Deno.mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
  try {
    await Deno.mkdir(path, { mode: DIRECTORY_MODE });
  } catch (error) {
    if (
      error instanceof Deno.errors.AlreadyExists &&
      (await Deno.stat(path)).isDirectory
    ) return false;
    throw error;
  }
  // The umask can only take bits away, but it may have taken the owner's.
  await Deno.chmod(path, DIRECTORY_MODE);
  return true;
}

/** The text of a file, or null when there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Whether anything is at the path, a dangling symbolic link too. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Writes files so that a reader sees each of them whole or not at all, with mode 0600 whatever
 * the umask is. All are on the disk under other names before the first takes its place.
 *
 * @throws {CertificateStoreError} `exists` when something is at one of the paths and `replace`
 * was not asked for; then nothing was written.
 */
export async function writeFiles(
  files: FileContent[],
  { replace = false }: { replace?: boolean } = {},
): Promise<void> {
  const staged: { path: string; temporary: string }[] = [];
  const placed: string[] = [];
  try {
    for (const { path, text } of files) {
      const temporary = temporaryBeside(path);
      staged.push({ path, temporary });
      await writeNew(temporary, text);
    }
    for (const { path, temporary } of staged) {
      if (replace) await Deno.rename(temporary, path);
      else {
        // Unlike a rename, a link never replaces what came there meanwhile.
        await Deno.link(temporary, path);
        placed.push(path);
      }
    }
    for (const directory of new Set(files.map(({ path }) => dirname(path)))) {
      await syncDirectory(directory);
    }
  } catch (error) {
    await Promise.all(placed.map((path) => Deno.remove(path)));
    if (error instanceof Deno.errors.AlreadyExists) throw alreadyThere(files);
    throw error;
  } finally {
    await Promise.all(staged.map(({ temporary }) => removeIfThere(temporary)));
  }
}

/** A name beside `path` for what is not finished; a dot keeps it out of globs. */
export function temporaryBeside(path: string): string {
  const slash = path.lastIndexOf("/");
  return join(
    dirname(path),
    `.${path.slice(slash + 1)}.${crypto.randomUUID().slice(0, 8)}.new`,
  );
}

/** Makes entries of a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await Deno.open(path);
  try {
    await directory.sync();
  } finally {
    directory.close();
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  using file = await Deno.open(path, {
    write: true,
    createNew: true,
    mode: FILE_MODE,
  });
  await Deno.chmod(path, FILE_MODE);
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    at += await file.write(bytes.subarray(at));
  }
  await file.sync();
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function alreadyThere(files: FileContent[]): CertificateStoreError {
  const paths = files.map(({ path }) => `"${path}"`).join(", ");
  return new CertificateStoreError(
    "exists",
    `one of ${paths} is there already: choose another directory, or replace it with --force`,
  );
}
