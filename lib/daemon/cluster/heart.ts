import { getLogger } from "@logtape/logtape";
import { type Clock, SYSTEM_CLOCK } from "../../clock.ts";
import { sleep } from "../sleep.ts";

const logger = getLogger(["worker", "cluster"]);

/** Changes that come together are told together, ms. */
const DEBOUNCE_MS = 200;

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/** How a {@linkcode Heart} is timed. */
export interface HeartOptions {
  /** Says that this member is there; answers when to do so again, ms. */
  beat(signal: AbortSignal): Promise<number>;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
  /** A number in [0, 1). @default {Math.random} */
  random?: () => number;
}

/**
 * Says again and again that a member is there: at once, each interval and a fifth more or less by
 * chance, and when something changed. While nobody answers it asks less and less often.
 */
export class Heart {
  readonly #beat: HeartOptions["beat"];
  readonly #clock: Clock;
  readonly #random: () => number;
  #changed = new AbortController();
  /** What went wrong, since it went wrong; an outage is logged once. */
  #trouble: string | null = null;
  #taken = false;

  constructor(options: HeartOptions) {
    this.#beat = options.beat;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? Math.random;
  }

  /** Whether somebody took the last one. */
  get taken(): boolean {
    return this.#taken;
  }

  /** Something changed that is to be told soon. */
  changed(): void {
    this.#changed.abort();
  }

  /** Goes on until `signal` aborts. Never rejects. */
  async run({ signal }: { signal: AbortSignal }): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      // What changes from now on is told with the next one.
      this.#changed = new AbortController();
      const interval = await this.#try(signal);
      failures = interval === null ? failures + 1 : 0;
      const ms = interval === null
        ? this.#retryIn(failures)
        : interval * (0.8 + this.#random() * 0.4);
      const changed = this.#changed.signal;
      await sleep(ms, { clock: this.#clock, until: [signal, changed] });
      if (!changed.aborted) continue;
      await sleep(DEBOUNCE_MS, { clock: this.#clock, until: [signal] });
    }
  }

  /** Null when it failed. */
  async #try(signal: AbortSignal): Promise<number | null> {
    try {
      const interval = await this.#beat(signal);
      if (this.#trouble !== null) {
        logger.info`auth takes the heartbeats of this host again`;
      }
      this.#trouble = null;
      this.#taken = true;
      return interval;
    } catch (error) {
      if (signal.aborted) return null;
      this.#taken = false;
      const { message } = error as Error;
      if (this.#trouble === null) {
        logger
          .warn`no heartbeat of this host is taken, what runs goes on: ${message}`;
      } else if (this.#trouble !== message) logger.debug`${message}`;
      this.#trouble = message;
      return null;
    }
  }

  #retryIn(failures: number): number {
    const ms = FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10);
    return Math.min(ms, LONGEST_RETRY_MS) * (0.5 + this.#random() / 2);
  }
}
