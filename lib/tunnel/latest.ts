/** The newest of values that come faster than they are read: an older one is not kept for anybody. */
export class Latest<T> implements AsyncIterable<T> {
  #value: { value: T } | undefined;
  #ended = false;
  #wake = Promise.withResolvers<void>();

  /** Puts a value in the place of one that nobody has read. */
  set(value: T): void {
    this.#value = { value };
    this.#wake.resolve();
  }

  /** No more will come; a value that nobody has read still does. */
  end(): void {
    this.#ended = true;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    while (true) {
      if (this.#value !== undefined) {
        const { value } = this.#value;
        this.#value = undefined;
        yield value;
      } else if (this.#ended) return;
      else {
        this.#wake = Promise.withResolvers();
        await this.#wake.promise;
      }
    }
  }
}
