import type { Clock } from "../clock.ts";

/** A wait that can be cut short. */
export class Pause {
  readonly #clock: Clock;
  readonly #over = Promise.withResolvers<void>();
  #endsAt: number;
  #cancel: () => void;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#endsAt = clock.monotonic() + ms;
    this.#cancel = clock.after(ms, this.#over.resolve);
  }

  /** Resolves when it is over. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  get remainingMs(): number {
    return Math.max(0, this.#endsAt - this.#clock.monotonic());
  }

  /** Makes it end in `ms` milliseconds at the latest. */
  shorten(ms: number): void {
    if (ms >= this.remainingMs) return;
    this.#cancel();
    this.#endsAt = this.#clock.monotonic() + ms;
    this.#cancel = this.#clock.after(ms, this.#over.resolve);
  }

  /** Ends it now. */
  end(): void {
    this.#cancel();
    this.#endsAt = this.#clock.monotonic();
    this.#over.resolve();
  }
}
