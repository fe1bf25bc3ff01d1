import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { libc } from "./libc.ts";

/** Between two looks, ms. */
const LOOK_MS = 2_000;

/** By how much the memory must have grown since the last time, bytes. */
const GROWTH_BYTES = 4 * 2 ** 20;

/** Options of a {@linkcode MemoryTrimmer}; by default it is this process that is looked after. */
export interface MemoryTrimmerOptions {
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
  /** Resident memory, bytes. @default that of this process */
  resident?(): number;
  /** Gives back what is free. @default malloc_trim(3) */
  trim?(): void;
}

/**
 * Gives freed memory back that lies below memory in use, at the first look and whenever the process
 * has grown since. The C library does so only at the end of an arena, and threads that a start or a
 * burst kept busy leave megabytes in each of theirs: a first start, which compiles the program, left
 * 28 MiB. Dispose it to end that.
 */
export class MemoryTrimmer implements Disposable {
  readonly #clock: Clock;
  readonly #resident: () => number;
  readonly #trim: () => void;
  #limit = 0;
  #cancel!: () => void;

  constructor(options: MemoryTrimmerOptions = {}) {
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#resident = options.resident ?? (() => Deno.memoryUsage().rss);
    this.#trim = options.trim ?? (() => void libc.malloc_trim(0n));
    this.#wait();
  }

  #wait(): void {
    this.#cancel = this.#clock.after(LOOK_MS, () => {
      this.#look();
      this.#wait();
    });
  }

  #look(): void {
    if (this.#resident() < this.#limit) return;
    this.#trim();
    this.#limit = this.#resident() + GROWTH_BYTES;
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }
}
