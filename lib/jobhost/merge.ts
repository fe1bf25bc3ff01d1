/** What several sources give, as it comes, until the first of them ends or fails. */
export async function* merge<T>(
  sources: readonly AsyncIterable<T>[],
): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const next = (at: number) =>
    iterators[at]!.next().then((result) => ({ at, result }));
  const pending = iterators.map((_, at) => next(at));
  try {
    for (;;) {
      const { at, result } = await Promise.race(pending);
      if (result.done) return;
      yield result.value;
      pending[at] = next(at);
    }
  } finally {
    // A source that waits learns that it is over through its own signal.
    for (const promise of pending) promise.catch(() => {});
    for (const iterator of iterators) {
      iterator.return?.().catch(() => {});
    }
  }
}
