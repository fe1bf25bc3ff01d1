/** Sockets that have not shown a good certificate, oldest first, with room for so many. */
export class HalfOpen<T extends { destroy(): void }> {
  #sockets = new Map<string, T>();

  constructor(
    readonly room: number,
    readonly onEvict: (socket: T) => void,
  ) {}

  get size(): number {
    return this.#sockets.size;
  }

  /** Adds the socket of a peer, or puts another in its place. The oldest gives way. */
  add(peer: string, socket: T): void {
    this.#sockets.set(peer, socket);
    if (this.#sockets.size <= this.room) return;
    const [oldest] = this.#sockets;
    if (oldest === undefined) return;
    this.#sockets.delete(oldest[0]);
    this.onEvict(oldest[1]);
    oldest[1].destroy();
  }

  remove(peer: string): void {
    this.#sockets.delete(peer);
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#sockets.values();
  }
}
