import { WorkerError } from "../../api/errors.ts";

/** Counts the streams of each user, so that one of them can't take all. */
export class UserPermits {
  readonly #counts = new Map<string, number>();
  #all = 0;

  /** @param perUser Streams of one user at once. */
  constructor(readonly perUser: number) {}

  /** Streams of all users. */
  get all(): number {
    return this.#all;
  }

  /**
   * One more stream of a user, until it is disposed of.
   *
   * @throws {WorkerError} `RESOURCE_EXHAUSTED`
   */
  take(name: string): Disposable {
    const count = this.#counts.get(name) ?? 0;
    if (count >= this.perUser) {
      throw new WorkerError(
        "RESOURCE_EXHAUSTED",
        `"${name}" has ${count} streams through this proxy already: close some first`,
      );
    }
    this.#counts.set(name, count + 1);
    this.#all++;
    let taken = true;
    return {
      [Symbol.dispose]: () => {
        if (taken) this.#giveBack(name);
        taken = false;
      },
    };
  }

  #giveBack(name: string): void {
    this.#all--;
    const left = this.#counts.get(name)! - 1;
    if (left > 0) this.#counts.set(name, left);
    else this.#counts.delete(name);
  }
}
