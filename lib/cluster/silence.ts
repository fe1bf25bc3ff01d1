import type { Clock } from "../clock.ts";

/** What a {@linkcode Silence} is made of. */
export interface SilenceOptions {
  clock: Clock;
  /** Milliseconds after which somebody who was not heard is silent. */
  afterMs: number;
  /** Called once for each that falls silent. */
  silent: (id: string) => void;
}

/** Says who was not heard for too long. One timer, whatever their number: all wait equally long. */
export class Silence implements Disposable {
  readonly #options: SilenceOptions;
  /** Whose turn is next comes first: who is heard goes to the end. Monotonic times. */
  readonly #heard = new Map<string, number>();
  #cancel: (() => void) | null = null;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /** Somebody was heard just now. */
  heard(id: string): void {
    this.#heard.delete(id);
    this.#heard.set(id, this.#options.clock.monotonic());
    if (this.#cancel === null) this.#arm();
  }

  /** Nobody waits to hear of them any more. */
  forget(id: string): void {
    this.#heard.delete(id);
  }

  [Symbol.dispose](): void {
    this.#heard.clear();
    this.#cancel?.();
    this.#cancel = null;
  }

  #arm(): void {
    const [next] = this.#heard.values();
    this.#cancel = null;
    if (next === undefined) return;
    const { clock, afterMs } = this.#options;
    const wait = next + afterMs - clock.monotonic();
    this.#cancel = clock.after(Math.max(0, wait), () => this.#look());
  }

  #look(): void {
    const { clock, afterMs, silent } = this.#options;
    const due = clock.monotonic() - afterMs;
    for (const [id, at] of this.#heard) {
      if (at > due) break;
      this.#heard.delete(id);
      silent(id);
    }
    this.#arm();
  }
}
