import type { Clock } from "../../lib/clock.ts";

/** Time that a test turns. The wall clock and the monotonic time start at round numbers of their own. */
export class FakeClock implements Clock {
  #wall = Date.parse("2026-01-01T00:00:00.000Z");
  #monotonic = 1_000_000;
  readonly #timers = new Map<() => void, number>();

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, wake: () => void): () => void {
    const timer = () => wake();
    this.#timers.set(timer, this.#monotonic + Math.max(0, ms));
    return () => this.#timers.delete(timer);
  }

  /** Timers that are armed. */
  get armed(): number {
    return this.#timers.size;
  }

  /** Somebody sets the wall clock; no time passes. */
  setWall(ms: number): void {
    this.#wall = ms;
  }

  /** Lets time pass, calling what is due on the way, in order. */
  pass(ms: number): void {
    const end = this.#monotonic + ms;
    while (true) {
      const [next] = [...this.#timers].sort(([, a], [, b]) => a - b);
      if (next === undefined || next[1] > end) break;
      const [timer, at] = next;
      this.#timers.delete(timer);
      this.#go(Math.max(at, this.#monotonic));
      timer();
    }
    this.#go(end);
  }

  #go(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }
}
