import { isDiskFull } from "../jobs/disk_full.ts";

/**
 * A file that names a process and is locked by it. The kernel drops the lock with the process,
 * however it ends, so a lock that is held proves that it lives, and its pid can't be another one's.
 */
export class PidLock implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Takes the lock and writes this process's pid into the file; null when another one holds it. */
  static take(path: string): PidLock | null {
    const file = Deno.openSync(path, {
      read: true,
      write: true,
      create: true,
      mode: 0o600,
    });
    if (!file.tryLockSync(true)) {
      file.close();
      return null;
    }
    const lock = new PidLock(path, file);
    try {
      lock.write(`${Deno.pid}\n`);
    } catch (error) {
      // The lock is what counts: a full disk keeps nobody from starting.
      if (!isDiskFull(error)) throw error;
    }
    return lock;
  }

  /** Like `take`, again and again: whoever looks whether a lock is held, holds it for that moment. */
  static async takeWithin(path: string, ms: number): Promise<PidLock | null> {
    const deadline = performance.now() + ms;
    for (;;) {
      const lock = PidLock.take(path);
      if (lock !== null || performance.now() > deadline) return lock;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Puts another text into the file, where it is: that needs no room on a full disk. */
  write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    this.#file.writeSync(bytes);
    this.#file.truncateSync(bytes.length);
  }

  /** Whether the file is still there: a lock on one that was removed keeps nobody off. */
  get isThere(): boolean {
    try {
      const { dev, ino } = Deno.lstatSync(this.#path);
      const own = this.#file.statSync();
      return own.dev === dev && own.ino === ino;
    } catch {
      return false;
    }
  }

  /** Whether a process holds the lock now. */
  static isHeld(path: string): boolean {
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path, { read: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
    using _ = file;
    return !file.tryLockSync(false);
  }

  /** The pid in the file; null when there is none. It means something while the lock is held only. */
  static pidIn(path: string): number | null {
    try {
      const pid = Number(Deno.readTextFileSync(path));
      return Number.isInteger(pid) && pid > 0 ? pid : null;
    } catch {
      return null;
    }
  }

  /** Takes the pid out of the file and lets go of it. */
  [Symbol.dispose](): void {
    // An empty file would give up its room, which the next one may not get back on a full disk.
    this.write("\n");
    this.#file.close();
  }
}
