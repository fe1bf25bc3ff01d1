/** A socket, or the request of an HTTP/2 stream. */
interface Source {
  readonly destroyed: boolean;
  read(): unknown;
  on(event: "readable", listener: () => void): unknown;
  once(event: "end" | "close", listener: () => void): unknown;
}

/**
 * What a socket's peer sends, at the pace of whoever reads; to be iterated once, by one at a time.
 * Rejects when the socket closes before the peer has ended its half, and does not close it. One piece
 * is read ahead, because a socket that nobody reads does not say that its peer has ended.
 */
export class SocketSource implements AsyncIterable<Uint8Array> {
  readonly #socket: Source;
  #next: Uint8Array | null;
  #ended = false;
  #wake = Promise.withResolvers<void>();

  /** @param head What had come of it already. */
  constructor(socket: Source, head: Uint8Array = new Uint8Array()) {
    this.#socket = socket;
    this.#next = head.length > 0 ? head : null;
    const wake = () => this.#wake.resolve();
    socket.on("readable", () => {
      this.#next ??= this.#read();
      wake();
    });
    socket.once("close", wake);
    socket.once("end", () => {
      this.#ended = true;
      wake();
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (true) {
      this.#wake = Promise.withResolvers();
      const bytes = this.#next ?? this.#read();
      this.#next = null;
      if (bytes !== null) yield bytes;
      else if (this.#ended) return;
      else if (this.#socket.destroyed) throw new Error("the socket was closed");
      else await this.#wake.promise;
    }
  }

  #read(): Uint8Array | null {
    return this.#socket.read() as Uint8Array | null;
  }
}
