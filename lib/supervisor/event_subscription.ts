/** One event of a bus, as a union over the names `K`. */
export type BusEvent<E extends object, K extends keyof E = keyof E> = {
  [Name in K]: { readonly name: Name; readonly payload: E[Name] };
}[K];

/**
 * Events as they come, for one reader. Of a name whose events are not read in time only the latest
 * is kept, so a reader that is slow costs no memory and sees how things are, not how they were.
 * Ends when it is disposed; reads that wait then end with it.
 */
export class EventSubscription<E extends object, K extends keyof E>
  implements AsyncIterableIterator<BusEvent<E, K>, undefined>, Disposable {
  /** Not read yet: the latest of each name, the oldest first. */
  readonly #unread = new Map<K, BusEvent<E, K>>();
  readonly #reads: ((
    result: IteratorResult<BusEvent<E, K>, undefined>,
  ) => void)[] = [];
  readonly #forget: () => void;
  #over = false;

  /** `forget` is called once, when it ends. */
  constructor(forget: () => void) {
    this.#forget = forget;
  }

  /** Gives it an event; nobody does after `forget`. */
  push(event: BusEvent<E, K>): void {
    const read = this.#reads.shift();
    if (read) return read({ done: false, value: event });
    // Deleting moves the name to the end: order is that of the latest events.
    this.#unread.delete(event.name);
    this.#unread.set(event.name, event);
  }

  /** The next event; `done` when the subscription has ended. Never rejects. */
  next(): Promise<IteratorResult<BusEvent<E, K>, undefined>> {
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    for (const [name, value] of this.#unread) {
      this.#unread.delete(name);
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve) => this.#reads.push(resolve));
  }

  /** Ends it, as leaving a `for await` does. */
  return(): Promise<IteratorResult<BusEvent<E, K>, undefined>> {
    this[Symbol.dispose]();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    if (this.#over) return;
    this.#over = true;
    this.#forget();
    this.#unread.clear();
    for (const read of this.#reads.splice(0)) {
      read({ done: true, value: undefined });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    return Promise.resolve();
  }
}
