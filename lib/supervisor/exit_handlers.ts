import type { Clock } from "../clock.ts";
import type { FailedExitHandler } from "./shutdown_report.ts";

/** Tidies up when the services have ended; its signal aborts at its deadline. */
export type ExitHandler = (signal: AbortSignal) => unknown;

export interface ExitHandlerOptions {
  /** How long the process waits for it, in milliseconds. @default {5_000} */
  deadlineMs?: number;
}

interface Entry {
  name: string;
  handler: ExitHandler;
  deadlineMs: number;
}

/** What runs at the end of the process: once, the last registered first, one after the other. */
export class ExitHandlers {
  readonly #entries: Entry[] = [];
  #over = false;

  /** @throws {Error} when all have run already. */
  add(
    name: string,
    { handler, deadlineMs = 5_000 }: ExitHandlerOptions & {
      handler: ExitHandler;
    },
  ): void {
    if (this.#over) {
      throw new Error(
        `cannot register the exit handler "${name}": the exit handlers have run; register it before the shutdown`,
      );
    }
    this.#entries.push({ name, handler, deadlineMs });
  }

  /** Runs those that have not run; tells of those that threw or did not end. Never rejects. */
  async run(
    clock: Clock,
    onFailure: (failed: FailedExitHandler) => void,
  ): Promise<void> {
    // One that is registered by another one runs, too.
    for (let entry; (entry = this.#entries.pop());) {
      const failed = await runOne(entry, clock);
      if (failed) onFailure(failed);
    }
    this.#over = true;
  }
}

function runOne(
  { name, handler, deadlineMs }: Entry,
  clock: Clock,
): Promise<FailedExitHandler | null> {
  const patience = new AbortController();
  return new Promise((resolve) => {
    const cancel = clock.after(deadlineMs, () => {
      resolve({ handler: name, type: "hung", deadlineMs });
      patience.abort(
        new DOMException(`its ${deadlineMs} ms are over`, "TimeoutError"),
      );
    });
    (async () => await handler(patience.signal))().then(
      () => resolve(null),
      (error) => resolve({ handler: name, type: "threw", error }),
    ).finally(cancel);
  });
}
