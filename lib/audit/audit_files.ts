import { join } from "node:path";
import { decodeTime } from "ulid";

/** A ULID of this millennium. */
const NAME = /^0[0-9a-hjkmnp-tv-z]{25}\.ndjson$/;

/** A file of the log, as it was when somebody looked. */
export interface AuditFile {
  path: string;
  /** When it was begun, by its name; ms since the epoch. */
  begun: number;
  /** When it was last appended to; ms since the epoch. */
  changed: number;
  size: number;
  /** Device and inode: tells it from another file of that name. */
  identity: string;
  /** Nobody else's, and by no second name. */
  own: boolean;
}

/** The files of the log, oldest first; none when the folder is not there. */
export function listAuditFiles(directory: string): AuditFile[] {
  let names: string[];
  try {
    names = Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return names.filter((name) => NAME.test(name)).sort()
    .map((name) => lookAt(join(directory, name)))
    .filter((file) => file !== null);
}

/** The path of a new file. */
export function auditFilePath(directory: string, id: string): string {
  return join(directory, `${id}.ndjson`);
}

/** What is at the path; null when it is no plain file of the log. */
export function lookAt(path: string): AuditFile | null {
  let info: Deno.FileInfo;
  try {
    info = Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  if (!info.isFile) return null;
  return {
    path,
    begun: decodeTime(path.slice(-33, -7).toUpperCase()),
    changed: info.mtime?.getTime() ?? 0,
    size: info.size,
    identity: identityOf(info),
    own: info.uid === Deno.uid() && info.nlink === 1,
  };
}

/** Device and inode of a file. */
export function identityOf({ dev, ino }: Deno.FileInfo): string {
  return `${dev}:${ino}`;
}
