/** Buffers that are used again, so that a busy stream leaves nothing for the garbage collector. */
export class BufferPool {
  readonly #free: Uint8Array[] = [];

  /** @param keep How many free buffers are kept at most. */
  constructor(readonly bytes: number, readonly keep: number) {}

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(this.bytes);
  }

  give(buffer: Uint8Array): void {
    if (this.#free.length < this.keep) this.#free.push(buffer);
  }
}
