import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "../connection.ts";
import type { Outgoing } from "../listener/listener_options.ts";

/** A head alone is gone at once; nobody has to tell when. */
const LOOK_AGAIN_MS = 2;

/** Whether a response whose head was made may be ended at any time. */
export function endsInTime(outgoing: Outgoing): boolean {
  return !("chunkedEncoding" in outgoing) || outgoing.chunkedEncoding;
}

/**
 * What the socket has not taken of an HTTP/1 response without chunks. In Deno such a response never
 * finishes when it is ended before that: its end is an empty write, whose callback is lost behind
 * another one, and with it the end of the connection, or its next request.
 */
export class UnfinishedWrites {
  readonly #connection: Pick<Connection, "backlog">;
  readonly #closed: AbortSignal;
  #count = 0;
  #none: (() => void) | null = null;

  constructor(
    connection: Pick<Connection, "backlog">,
    { closed }: { closed: AbortSignal },
  ) {
    this.#connection = connection;
    this.#closed = closed;
  }

  /** The callback of one more write, which calls `sent`. */
  add(sent: (() => void) | undefined): () => void {
    this.#count++;
    return () => {
      sent?.();
      if (--this.#count === 0) this.#none?.();
    };
  }

  /** Resolves when the response may be ended, or its client is gone. */
  async settled(): Promise<void> {
    if (this.#count > 0 && !this.#closed.aborted) {
      await new Promise<void>((resolve) => {
        this.#none = resolve;
        this.#closed.addEventListener("abort", () => resolve());
      });
    }
    while (this.#connection.backlog > 0 && !this.#closed.aborted) {
      await delay(LOOK_AGAIN_MS);
    }
  }
}
