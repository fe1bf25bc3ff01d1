/** Events that the disk did not take yet; bounded: the oldest go first. */
const MOST = 1_000;

/** A queue of lines that wait for the disk. */
export class Unwritten {
  readonly #lines: Uint8Array[] = [];
  #lost = 0;

  get size(): number {
    return this.#lines.length;
  }

  /** Lines that there was no room for. */
  get lost(): number {
    return this.#lost;
  }

  push(line: Uint8Array): void {
    this.#lines.push(line);
    if (this.#lines.length <= MOST) return;
    this.#lines.shift();
    this.#lost++;
  }

  /** Hands the lines out, oldest first, until `write` throws; that one stays. */
  drain(write: (line: Uint8Array) => void): void {
    while (this.#lines.length > 0) {
      write(this.#lines[0]!);
      this.#lines.shift();
    }
  }

  /** Gives up what is left; how many these were. */
  giveUp(): number {
    const given = this.#lines.splice(0).length;
    this.#lost += given;
    return given;
  }
}
