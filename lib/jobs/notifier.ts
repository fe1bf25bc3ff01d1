/** Wakes everyone who waits, once per call of `notify`. Nobody waiting: nothing happens. */
export class Notifier {
  #waiting = new Set<() => void>();

  /** Calls everyone who waits now; who begins to wait meanwhile waits for the next call. */
  notify(): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** Calls `wake` at the next `notify`, unless `forget` comes first. */
  once(wake: () => void): void {
    this.#waiting.add(wake);
  }

  /** Takes back what `once` was given. */
  forget(wake: () => void): void {
    this.#waiting.delete(wake);
  }

  /** Resolves at the next `notify`, at the abort of `signal`, or after `timeoutMs`. Never rejects. */
  next(
    options: { signal?: AbortSignal; timeoutMs?: number } = {},
  ): Promise<void> {
    const { signal, timeoutMs } = options;
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const wake = () => {
        this.forget(wake);
        signal?.removeEventListener("abort", wake);
        clearTimeout(timer);
        resolve();
      };
      this.once(wake);
      signal?.addEventListener("abort", wake, { once: true });
      if (timeoutMs !== undefined) timer = setTimeout(wake, timeoutMs);
    });
  }
}
