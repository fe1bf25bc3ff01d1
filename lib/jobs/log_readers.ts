/** How long a job with `overflow: "wait"` waits for a follower that went away to come back. */
const FOLLOWER_GRACE_MS = 30_000;

/** One who reads a log. */
export interface LogReader {
  /** Logical offset of the next byte it will read; Infinity while it does not read. */
  readonly offset: number;
}

/** Those who read a log, here or in another process: what of it must stay for them? */
export class LogReaders<Reader extends LogReader> implements Iterable<Reader> {
  readonly #readers = new Set<Reader>();
  #lastLeftAt = -Infinity;

  add(reader: Reader): void {
    this.#readers.add(reader);
  }

  delete(reader: Reader): void {
    if (this.#readers.delete(reader)) this.left();
  }

  /** Somebody went away, and may come back. */
  left(): void {
    this.#lastLeftAt = performance.now();
  }

  /** Offset of the slowest; Infinity when nobody reads. */
  get slowest(): number {
    let slowest = Infinity;
    for (const { offset } of this.#readers) slowest = Math.min(slowest, offset);
    return slowest;
  }

  /** True while somebody has not read all before `offset`, or may come back to read it. */
  need(offset: number): boolean {
    const { slowest } = this;
    if (slowest < Infinity) return slowest < offset;
    return performance.now() - this.#lastLeftAt < FOLLOWER_GRACE_MS;
  }

  [Symbol.iterator](): Iterator<Reader> {
    return this.#readers[Symbol.iterator]();
  }
}
