import { libc } from "./libc.ts";

/** Options of a {@linkcode MemoryTrimmer}; by default it is this process that is looked after. */
export interface MemoryTrimmerOptions {
  /** Between two looks, ms. @default {2_000} */
  everyMs?: number;
  /** By how much the memory must have grown since the last time, bytes. @default {4_194_304} */
  growth?: number;
  /** Resident memory, bytes. @default that of this process */
  resident?(): number;
  /** Gives back what is free. @default malloc_trim(3) */
  trim?(): void;
}

/**
 * Gives freed memory back that lies below memory in use, at the first look and whenever the process
 * has grown since. The C library does so only at the end of an arena, and threads that a start or a
 * burst kept busy leave megabytes in each of theirs. Dispose it to end that.
 */
export class MemoryTrimmer implements Disposable {
  readonly #resident: () => number;
  readonly #trim: () => void;
  readonly #growth: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #limit = 0;

  constructor(options: MemoryTrimmerOptions = {}) {
    const { everyMs = 2_000, growth = 4 * 2 ** 20 } = options;
    this.#growth = growth;
    this.#resident = options.resident ?? (() => Deno.memoryUsage().rss);
    this.#trim = options.trim ?? (() => void libc.malloc_trim(0n));
    this.#timer = setInterval(() => this.#look(), everyMs);
    // It is no reason to go on.
    Deno.unrefTimer(this.#timer);
  }

  #look(): void {
    if (this.#resident() < this.#limit) return;
    this.#trim();
    this.#limit = this.#resident() + this.#growth;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
