import {
  auditFilePath,
  identityOf,
  listAuditFiles,
  lookAt,
} from "./audit_files.ts";

const NEWLINE = 0x0a;

/** How {@linkcode AuditWriter} writes. */
export interface AuditWriterOptions {
  directory: string;
  /** Bytes of a file, and milliseconds since its beginning, after which another is begun. */
  limits(): { bytes: number; ms: number };
  now(): number;
  /** The name of another file: a ULID of that time, ms since the epoch, in lower case. */
  newId(time: number): string;
  /** Another file was begun. */
  onRotate(): void;
}

interface OpenFile {
  path: string;
  file: Deno.FsFile;
  identity: string;
  /** Its last byte is not the end of a line: a process, or the disk, gave out within one. */
  torn: boolean;
}

/**
 * Appends lines to the newest file of the log. It looks at the file before each write: somebody may
 * have moved it away or removed the folder, and another process may have filled it.
 */
export class AuditWriter implements Disposable {
  readonly #options: AuditWriterOptions;
  #open: OpenFile | null = null;

  constructor(options: AuditWriterOptions) {
    this.#options = options;
  }

  /** The file that is appended to. */
  get path(): string | null {
    return this.#open?.path ?? null;
  }

  /**
   * Appends a line by one write(2).
   *
   * @throws what the disk says; nothing of the line counts as written.
   */
  append(line: Uint8Array): void {
    const open = this.#ready(line.length);
    // What is torn is ended first, so that nothing of it sticks to what follows. When another process
    // is just writing there the line is empty, which readers skip.
    const bytes = open.torn ? new Uint8Array([NEWLINE, ...line]) : line;
    const written = open.file.writeSync(bytes);
    open.torn = written < bytes.length;
    // All but the newline is the whole of it.
    if (written < bytes.length - 1) {
      throw new Error(
        `"${open.path}": ${written} of ${bytes.length} bytes were written`,
      );
    }
  }

  [Symbol.dispose](): void {
    this.#open?.file.close();
    this.#open = null;
  }

  #ready(bytes: number): OpenFile {
    const open = this.#open;
    if (open !== null) {
      const found = lookAt(open.path);
      if (found?.identity === open.identity && this.#fits(found, bytes)) {
        return open;
      }
      this[Symbol.dispose]();
    }
    const newest = listAuditFiles(this.#options.directory).at(-1);
    // What is somebody else's by now is read, but not written.
    const use = newest?.own && this.#fits(newest, bytes);
    if (use) return this.#open = this.#adopt(newest.path);
    // Behind the newest also when the host's clock was set back.
    const time = Math.max(this.#options.now(), (newest?.begun ?? 0) + 1);
    this.#open = this.#begin(time);
    this.#options.onRotate();
    return this.#open;
  }

  #fits({ size, begun }: { size: number; begun: number }, bytes: number) {
    const { limits, now } = this.#options;
    const most = limits();
    return size === 0 ||
      (size + bytes <= most.bytes && now() - begun < most.ms);
  }

  #begin(time: number): OpenFile {
    const { directory, newId } = this.#options;
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = auditFilePath(directory, newId(time));
    const file = Deno.openSync(path, {
      append: true,
      createNew: true,
      mode: 0o600,
    });
    return this.#opened(path, file);
  }

  #adopt(path: string): OpenFile {
    const open = this.#opened(
      path,
      Deno.openSync(path, { append: true, read: true }),
    );
    open.torn = isTorn(open.file);
    return open;
  }

  #opened(path: string, file: Deno.FsFile): OpenFile {
    const identity = identityOf(file.statSync());
    return { path, file, identity, torn: false };
  }
}

function isTorn(file: Deno.FsFile): boolean {
  if (file.seekSync(0, Deno.SeekMode.End) === 0) return false;
  file.seekSync(-1, Deno.SeekMode.End);
  const last = new Uint8Array(1);
  return file.readSync(last) === 1 && last[0] !== NEWLINE;
}
