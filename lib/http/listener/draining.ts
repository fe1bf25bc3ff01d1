import { WorkerError } from "../../api/errors.ts";

/** Tells what would go on for an unknown time that its listener closes. */
export class Draining implements Disposable {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** See `Connection.draining`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Gives the signal `lingerMs` from now. */
  begin(lingerMs: number): void {
    const leave = () =>
      this.#controller.abort(
        new WorkerError("UNAVAILABLE", "the server is shutting down"),
      );
    if (lingerMs > 0) this.#timer = setTimeout(leave, lingerMs);
    else leave();
  }

  /** There is nobody left to be told. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
