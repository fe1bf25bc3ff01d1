import { Histogram } from "./histogram.ts";
import type { Metric } from "./metric.ts";

/** Between two looks, ms: seldom enough for an idle server to stay idle. */
const EVERY_MS = 500;

/** Upper bounds, seconds. */
const BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** What there is to choose about an {@linkcode EventLoopDelay}. */
export interface EventLoopDelayOptions {
  /** Milliseconds between two looks. @default {500} */
  interval?: number;
}

/** Observes how late timers are: for so long the server does nothing for anybody else. */
export class EventLoopDelay implements Disposable {
  readonly #delays = new Histogram(BOUNDS);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ interval = EVERY_MS }: EventLoopDelayOptions = {}) {
    this.#look(interval);
  }

  #look(interval: number): void {
    const due = performance.now() + interval;
    this.#timer = setTimeout(() => {
      this.#delays.observe(Math.max(0, performance.now() - due) / 1000);
      this.#look(interval);
    }, interval);
  }

  metrics(): Metric[] {
    return [{
      name: "worker_event_loop_delay_seconds",
      help: "How late a timer of the server was, looked at twice a second.",
      type: "histogram",
      collect: () => this.#delays.samples(),
    }];
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
