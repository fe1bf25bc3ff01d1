/** How a follower finds out that its connection is dead though nobody has closed it. */
export interface SilenceOptions {
  /**
   * Asks, on another connection, whether something should have come: output behind `offset` (null: not
   * known yet), or the end. Rejects when nobody answers, or when the signal aborts.
   */
  missing(offset: number | null, signal: AbortSignal): Promise<boolean>;
  /** Milliseconds of silence after which it asks, and asks again. @default {15_000} */
  afterMs?: number;
}

/** What is watched. */
export interface WatchedBody {
  /** One past the last byte that came. */
  offset(): number | null;
  /** Ends the body, whose reader then goes on elsewhere. */
  cut(): void;
}

/**
 * Cuts a body on which nothing comes though something should: a peer that is gone without a word (its
 * host lost power, a firewall drops its packets) looks like a job that prints nothing. A job that is
 * quiet costs a small request now and then.
 */
export class SilenceWatch implements Disposable {
  readonly #options: SilenceOptions;
  readonly #body: WatchedBody;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #end = new AbortController();
  /** Counts what came, so that an answer can be told from one that is out of date. */
  #reads = 0;
  #seen = 0;
  #waiting = false;
  #asking = false;

  constructor(options: SilenceOptions, body: WatchedBody) {
    this.#options = options;
    this.#body = body;
    this.#timer = setInterval(
      () => void this.#look(),
      options.afterMs ?? 15_000,
    );
  }

  /** A read begins. While none is under way, silence is our own. */
  waits(): void {
    this.#waiting = true;
  }

  /** The read has brought something. */
  goesOn(): void {
    this.#waiting = false;
    this.#reads++;
  }

  async #look(): Promise<void> {
    const silent = this.#waiting && this.#reads === this.#seen;
    this.#seen = this.#reads;
    if (!silent || this.#asking) return;
    this.#asking = true;
    const { signal } = this.#end;
    const missing = await this.#options.missing(this.#body.offset(), signal)
      // Nobody answers: whoever opens the output again tells why.
      .catch(() => !signal.aborted);
    this.#asking = false;
    if (missing && this.#waiting && this.#reads === this.#seen) {
      this.#body.cut();
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#waiting = false;
    this.#end.abort(new Error("the output has ended"));
  }
}
