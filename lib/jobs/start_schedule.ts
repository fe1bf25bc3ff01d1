import { DURATION_PATTERN, parseDuration } from "../api/duration.ts";
import type { Clock } from "../clock.ts";

/** When something is due: by the monotonic time, or when the wall clock says so. */
export interface Moment {
  readonly by: "monotonic" | "wall";
  /** Milliseconds of that time. */
  readonly at: number;
}

/** Somebody may set the wall clock, and nothing tells; so it is looked at this often. */
const LOOK_AT_CLOCK_MS = 10_000;

/**
 * The moment that a duration from now or an RFC 3339 time means. A duration is counted by the
 * monotonic time, which nobody can set; a time of day is what the host's clock says it is.
 */
export function momentOf(text: string, clock: Clock): Moment {
  return DURATION_PATTERN.test(text)
    ? { by: "monotonic", at: clock.monotonic() + parseDuration(text) }
    : { by: "wall", at: Date.parse(text) };
}

/** Milliseconds until a moment; 0 and less when it has come. */
export function untilMoment({ by, at }: Moment, clock: Clock): number {
  return at - (by === "wall" ? clock.now() : clock.monotonic());
}

/** Holds what is not due yet and hands each on at its moment. One timer for all. */
export class StartSchedule<T> implements Disposable {
  readonly #moments = new Map<T, Moment>();
  readonly #clock: Clock;
  readonly #due: (one: T) => void;
  #cancelTimer = () => {};
  /** Monotonic time of the timer. */
  #wakeAt = Infinity;
  #disposed = false;

  constructor(clock: Clock, due: (one: T) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  get size(): number {
    return this.#moments.size;
  }

  /** Takes one; nothing is due any more once this is disposed. */
  add(one: T, moment: Moment): void {
    if (this.#disposed) return;
    this.#moments.set(one, moment);
    this.#wakeWithin(this.#delay(moment));
  }

  /** Takes one out; false when it is not here. */
  remove(one: T): boolean {
    return this.#moments.delete(one);
  }

  #delay(moment: Moment): number {
    const delay = untilMoment(moment, this.#clock);
    return moment.by === "wall" ? Math.min(delay, LOOK_AT_CLOCK_MS) : delay;
  }

  #wakeWithin(ms: number): void {
    const at = this.#clock.monotonic() + ms;
    if (at >= this.#wakeAt) return;
    this.#cancelTimer();
    this.#wakeAt = at;
    this.#cancelTimer = this.#clock.after(Math.max(0, ms), () => this.#look());
  }

  #look(): void {
    this.#wakeAt = Infinity;
    let next = Infinity;
    for (const [one, moment] of [...this.#moments]) {
      if (untilMoment(moment, this.#clock) > 0) {
        next = Math.min(next, this.#delay(moment));
      } else if (this.remove(one)) {
        this.#due(one);
      }
    }
    if (next < Infinity && !this.#disposed) this.#wakeWithin(next);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#cancelTimer();
    this.#moments.clear();
    this.#wakeAt = Infinity;
  }
}
