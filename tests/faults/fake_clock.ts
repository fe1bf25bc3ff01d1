/** Where Debian's package puts the library, and what else there is on other distributions. */
const LIBRARIES = [
  `/usr/lib/${Deno.build.arch}-linux-gnu/faketime/libfaketime.so.1`,
  "/usr/lib64/faketime/libfaketime.so.1",
  "/usr/lib/faketime/libfaketime.so.1",
];

/**
 * The clock of the processes that are started with its environment, by libfaketime: the time of day
 * only. The monotonic clock, which no administrator can set, goes on.
 */
export class FakeClock {
  readonly #file: string;
  readonly #library: string;

  private constructor(library: string, file: string) {
    this.#library = library;
    this.#file = file;
  }

  /** Null where there is no libfaketime. @param file Where to keep what it shows. */
  static async create(file: string): Promise<FakeClock | null> {
    for (const library of LIBRARIES) {
      const found = await Deno.stat(library).catch(() => null);
      if (!found) continue;
      const clock = new FakeClock(library, file);
      await clock.jump(0);
      return clock;
    }
    return null;
  }

  get env(): Record<string, string> {
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    };
  }

  /** Shows a time that is so many seconds from the true one. */
  async jump(seconds: number): Promise<void> {
    // Its reader must never find half of it.
    await Deno.writeTextFile(
      `${this.#file}.new`,
      `${seconds < 0 ? "" : "+"}${seconds}\n`,
    );
    await Deno.rename(`${this.#file}.new`, this.#file);
  }
}
