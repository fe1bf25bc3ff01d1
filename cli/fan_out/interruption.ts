import { signalNumber } from "../../lib/api/signals.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Notices that we are told to end, so that nothing more is begun. What runs is told by others. */
export class Interruption implements Disposable {
  readonly #halt = new AbortController();
  readonly #listeners = new Map<Deno.Signal, () => void>();
  #exitCode = 0;

  constructor() {
    for (const name of SIGNALS) {
      const listener = () => {
        if (this.#exitCode === 0) this.#exitCode = 128 + signalNumber(name);
        this.#halt.abort(name);
      };
      this.#listeners.set(name, listener);
      Deno.addSignalListener(name, listener);
    }
  }

  /** Aborts with the name of the first signal. */
  get signal(): AbortSignal {
    return this.#halt.signal;
  }

  /** What a shell says of a process that the signal ended; 0 without one. */
  get exitCode(): number {
    return this.#exitCode;
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) {
      Deno.removeSignalListener(name, listener);
    }
  }
}
