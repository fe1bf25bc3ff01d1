import { setImmediate } from "node:timers";
import type { Clock } from "../../lib/clock.ts";

interface Event {
  /** Whole milliseconds. */
  readonly at: number;
  /** Events of one moment happen in the order in which they were asked for. */
  readonly order: number;
  wake: (() => void) | null;
}

/**
 * Time that jumps from event to event, for simulations with asynchronous code in them: what the
 * events of one moment set off is let run to its end before the next moment.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  /** A binary heap, the next event first. */
  readonly #heap: Event[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, wake: () => void): () => void {
    const at = Math.ceil(this.#now + Math.max(0, ms));
    const event: Event = { at, order: this.#order++, wake };
    this.#push(event);
    return () => void (event.wake = null);
  }

  /** Lets `ms` milliseconds pass. */
  async run(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    while (this.#heap.length > 0 && this.#heap[0]!.at <= end) {
      this.#now = this.#heap[0]!.at;
      while (this.#heap.length > 0 && this.#heap[0]!.at === this.#now) {
        this.#pop().wake?.();
      }
      await settled();
    }
    this.#now = end;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): Event {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    while (true) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) {
        child++;
      }
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Resolves when every promise that can go on has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
