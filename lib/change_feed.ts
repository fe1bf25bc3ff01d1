/**
 * Tells whoever watches what changes. Of a thing that changes faster than a watcher reads, that one is
 * told the last change only, so that a slow one costs at most one change for each thing.
 */
export class ChangeFeed<C> {
  readonly #keyOf: (change: C) => string | null;
  readonly #watchers = new Set<(change: C) => void>();

  /** `keyOf` names the thing that has changed; null is one as well. */
  constructor(keyOf: (change: C) => string | null) {
    this.#keyOf = keyOf;
  }

  tell(change: C): void {
    for (const watcher of this.#watchers) watcher(change);
  }

  /** Calls `watcher` with each change, until that is disposed. */
  subscribe(watcher: (change: C) => void): Disposable {
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }

  /**
   * What is there, which `initial` is asked for when the first is read, and then what changes, until
   * `signal` aborts.
   */
  async *watch(
    { initial, signal }: { initial: () => Iterable<C>; signal: AbortSignal },
  ): AsyncGenerator<C, void, void> {
    const waiting = new Map<string | null, C>();
    let wake = Promise.withResolvers<void>();
    const note = (change: C) => {
      waiting.set(this.#keyOf(change), change);
      wake.resolve();
    };
    const abort = () => wake.resolve();
    for (const change of initial()) note(change);
    using _ = this.subscribe(note);
    signal.addEventListener("abort", abort);
    try {
      while (!signal.aborted) {
        const [first] = waiting;
        if (first) {
          waiting.delete(first[0]);
          yield first[1];
        } else {
          wake = Promise.withResolvers();
          await wake.promise;
        }
      }
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}
