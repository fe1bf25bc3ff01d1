/** A socket, or the request of an HTTP/2 stream. */
interface Source {
  readonly destroyed: boolean;
  read(): unknown;
  on(event: "readable", listener: () => void): unknown;
  once(event: "end" | "close", listener: () => void): unknown;
}

/**
 * What a socket's peer sends, at the pace of whoever reads; to be iterated once, by one at a time.
 * Rejects when the socket closes before the peer has ended its half, and does not close it.
 */
export class SocketSource implements AsyncIterable<Uint8Array> {
  readonly #socket: Source;
  #head: Uint8Array | null;
  #ended = false;
  #wake = Promise.withResolvers<void>();

  /** @param head What had come of it already. */
  constructor(socket: Source, head: Uint8Array = new Uint8Array()) {
    this.#socket = socket;
    this.#head = head.length > 0 ? head : null;
    const wake = () => this.#wake.resolve();
    socket.on("readable", wake);
    socket.once("close", wake);
    socket.once("end", () => {
      this.#ended = true;
      wake();
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const head = this.#head;
    this.#head = null;
    if (head) yield head;
    while (true) {
      this.#wake = Promise.withResolvers();
      const bytes = this.#socket.read() as Uint8Array | null;
      if (bytes !== null) yield bytes;
      else if (this.#ended) return;
      else if (this.#socket.destroyed) throw new Error("the socket was closed");
      else await this.#wake.promise;
    }
  }
}
