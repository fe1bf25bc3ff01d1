import { type Clock, SYSTEM_CLOCK } from "../clock.ts";

/** How a follower finds out that its connection is dead though nobody has closed it. */
export interface SilenceOptions {
  /**
   * Asks, on another connection, whether something should have come: output behind `offset` (null: not
   * known yet), or the end. Rejects when nobody answers, or when the signal aborts.
   */
  missing(offset: number | null, signal: AbortSignal): Promise<boolean>;
  /** Milliseconds of silence after which it asks. @default {5_000} */
  afterMs?: number;
  /** After each answer it waits twice as long, up to so many milliseconds. @default {20_000} */
  longestMs?: number;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
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
 * quiet costs a small request now and then, and less often the longer it is quiet.
 */
export class SilenceWatch implements Disposable {
  readonly #options: SilenceOptions;
  readonly #body: WatchedBody;
  readonly #clock: Clock;
  readonly #afterMs: number;
  readonly #longestMs: number;
  readonly #end = new AbortController();
  #cancel = () => {};
  /** Until it asks. */
  #waitMs: number;
  /** Since when nothing has come and nobody was asked, monotonic ms; null while no read is under way. */
  #since: number | null = null;
  /** Counts what came, so that an answer can be told from one that is out of date. */
  #reads = 0;

  constructor(options: SilenceOptions, body: WatchedBody) {
    this.#options = options;
    this.#body = body;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#waitMs = this.#afterMs = options.afterMs ?? 5_000;
    this.#longestMs = options.longestMs ?? 20_000;
    this.#lookIn(this.#waitMs);
  }

  /** A read begins. While none is under way, silence is our own. */
  waits(): void {
    this.#since = this.#clock.monotonic();
  }

  /** The read has brought something. */
  goesOn(): void {
    this.#since = null;
    this.#reads++;
    if (this.#waitMs === this.#afterMs) return;
    this.#waitMs = this.#afterMs;
    this.#lookIn(this.#waitMs);
  }

  #lookIn(ms: number): void {
    this.#cancel();
    this.#cancel = this.#clock.after(ms, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#since === null) return this.#lookIn(this.#waitMs);
    const silentMs = this.#clock.monotonic() - this.#since;
    if (silentMs < this.#waitMs) return this.#lookIn(this.#waitMs - silentMs);
    const reads = this.#reads;
    const { signal } = this.#end;
    const missing = await this.#options.missing(this.#body.offset(), signal)
      // Nobody answers: whoever opens the output again tells why.
      .catch(() => true);
    if (signal.aborted) return;
    if (this.#reads === reads && this.#since !== null) {
      if (missing) return this.#body.cut();
      this.#since = this.#clock.monotonic();
      this.#waitMs = Math.min(this.#waitMs * 2, this.#longestMs);
    }
    this.#lookIn(this.#waitMs);
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#end.abort(new Error("the output has ended"));
  }
}
