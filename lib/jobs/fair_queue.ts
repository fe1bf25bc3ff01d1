/** What can wait in a {@linkcode FairQueue}. Ids sort by creation. */
export interface Waiting {
  readonly id: string;
  readonly owner: string;
}

/**
 * Who is next: first come first served within an owner, and between owners whoever was served
 * longest ago, so that nobody waits behind all that somebody else asked for.
 */
export class FairQueue<T extends Waiting> {
  readonly #waiting = new Map<string, T[]>();
  readonly #served = new Map<string, number>();
  #turn = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Lets one wait, behind those of its owner that were created before it. */
  add(one: T): void {
    const line = this.#waiting.get(one.owner) ?? [];
    let place = line.length;
    while (place > 0 && line[place - 1]!.id > one.id) place--;
    line.splice(place, 0, one);
    this.#waiting.set(one.owner, line);
    this.#size++;
  }

  /** Takes the next one out; undefined when nobody waits. */
  take(): T | undefined {
    let next: T | undefined;
    for (const [first] of this.#waiting.values()) {
      if (next === undefined || this.#isBefore(first!, next)) next = first;
    }
    if (next === undefined) return undefined;
    this.remove(next);
    this.served(next.owner);
    return next;
  }

  /** Notes that an owner was served, also when it did not have to wait. */
  served(owner: string): void {
    this.#served.set(owner, ++this.#turn);
  }

  /** Takes one out wherever it waits; false when it does not. */
  remove(one: T): boolean {
    const line = this.#waiting.get(one.owner) ?? [];
    const place = line.indexOf(one);
    if (place < 0) return false;
    line.splice(place, 1);
    if (line.length === 0) this.#waiting.delete(one.owner);
    this.#size--;
    return true;
  }

  #isBefore(one: T, other: T): boolean {
    const served = this.#served.get(one.owner) ?? 0;
    const otherServed = this.#served.get(other.owner) ?? 0;
    return served === otherServed ? one.id < other.id : served < otherServed;
  }
}
