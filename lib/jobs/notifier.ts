/** Wakes everyone who waits, once per call of `notify`. Nobody waiting: nothing happens. */
export class Notifier {
  #waiting = new Set<() => void>();

  notify(): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
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
        this.#waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        if (timer !== undefined) clearTimeout(timer);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener("abort", wake, { once: true });
      if (timeoutMs !== undefined) timer = setTimeout(wake, timeoutMs);
    });
  }
}
