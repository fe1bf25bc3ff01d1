import { cString, libc, O_CLOEXEC } from "./libc.ts";
import { checked } from "./linux_error.ts";

const O_NOFOLLOW = 0o400000;
const O_PATH = 0o10000000;

/** Whose a file is, and who may do what with it. */
export interface Ownership {
  uid: number;
  gid: number;
  /** Permission bits; what is left out stays. */
  mode?: number;
}

/**
 * A file or folder by descriptor: what is asked of it and done to it holds for the very one that was
 * opened, whatever somebody puts in its place meanwhile. A symbolic link is not followed.
 */
export class Entry implements Disposable {
  readonly #fd: number;

  private constructor(
    /** The path it was opened by, for messages. */
    readonly name: string,
    fd: number,
  ) {
    this.#fd = fd;
  }

  /** Opens what is at the path, of whatever kind. @throws {LinuxError} */
  static open(path: string): Entry {
    const flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    return new Entry(
      path,
      checked(libc.open(cString(path), flags, 0), `cannot open "${path}"`),
    );
  }

  /** Leads this process to the entry itself (proc(5), `/proc/pid/fd`), until it is disposed. */
  get path(): string {
    return `/proc/self/fd/${this.#fd}`;
  }

  stat(): Deno.FileInfo {
    return Deno.statSync(this.path);
  }

  /** What is in the folder. Dispose each. @throws {LinuxError} */
  *children(): Generator<Entry> {
    for (const { name } of Array.from(Deno.readDirSync(this.path))) {
      const fd = checked(
        libc.open(
          cString(`${this.path}/${name}`),
          O_PATH | O_NOFOLLOW | O_CLOEXEC,
          0,
        ),
        `cannot open "${this.name}/${name}"`,
      );
      yield new Entry(`${this.name}/${name}`, fd);
    }
  }

  /** Changes owner and mode. It must be no symbolic link. */
  give({ uid, gid, mode }: Ownership): void {
    Deno.chownSync(this.path, uid, gid);
    // A change of the owner takes bits away, so the mode comes second.
    if (mode !== undefined) Deno.chmodSync(this.path, mode);
  }

  [Symbol.dispose](): void {
    libc.close(this.#fd);
  }
}
