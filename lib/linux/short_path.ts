import { basename, dirname } from "node:path";
import { Entry } from "./entry.ts";

/** Bytes of a path in a `sockaddr_un`, without its NUL (unix(7)). */
const MAX_BYTES = 107;

/**
 * A path of a socket that is short enough to bind or connect to: one that is too long leads through
 * the descriptor of its folder, and holds for as long as this is not disposed.
 */
export class ShortPath implements Disposable {
  /** For this process only. */
  readonly path: string;
  readonly #folder: Entry | null;

  /** @throws {LinuxError} when the path is too long and its folder is not there. */
  constructor(path: string) {
    const fits = new TextEncoder().encode(path).length <= MAX_BYTES;
    this.#folder = fits ? null : Entry.open(dirname(path));
    this.path = this.#folder === null
      ? path
      : `${this.#folder.path}/${basename(path)}`;
  }

  [Symbol.dispose](): void {
    this.#folder?.[Symbol.dispose]();
  }
}
