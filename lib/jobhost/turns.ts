/** Lets so many go on at a time; whoever comes later waits, in the order of coming. */
export class Turns {
  readonly #waiting = new Set<() => void>();
  #free: number;

  /** @param count How many go on at a time. */
  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Resolves when it is one's turn, which lasts until what this gives is disposed.
   *
   * @throws the signal's reason when it is aborted before.
   */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    return { [Symbol.dispose]: () => this.#pass() };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(begin);
        reject(signal.reason);
      };
      this.#waiting.add(begin);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #pass(): void {
    const [next] = this.#waiting;
    if (next === undefined) return void this.#free++;
    this.#waiting.delete(next);
    next();
  }
}
