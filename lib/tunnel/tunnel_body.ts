import type { ClientHttp2Stream } from "node:http2";
import { WorkerError } from "../api/errors.ts";
import { CANCEL, NO_ERROR } from "./http2_codes.ts";

/**
 * The body of a response that came through a tunnel, as the bytes come; to be iterated once. As long
 * as nobody asks for more the node waits. Rejects with `UNAVAILABLE` when it ends before its end:
 * the runtime itself takes a connection that broke for the end of the body.
 */
export class TunnelBody implements AsyncIterable<Uint8Array> {
  readonly #stream: ClientHttp2Stream;
  readonly #peer: string;
  #ended = false;
  #wake = Promise.withResolvers<void>();

  constructor(stream: ClientHttp2Stream, peer: string) {
    this.#stream = stream;
    this.#peer = peer;
    const wake = () => this.#wake.resolve();
    stream.on("readable", wake).once("close", wake);
    stream.once("end", () => {
      this.#ended = true;
      wake();
    });
  }

  /** The rest is not wanted: the node is told so. Fine at any time. */
  cancel(): void {
    const stream = this.#stream;
    if (!stream.closed) stream.close(CANCEL);
    // One that the node has reset waits for what it can't write any more, for ever.
    else if (!stream.destroyed) stream.destroy();
  }

  /**
   * Hands all bytes on, in few large pieces: `take` answers undefined when it takes more at once,
   * else when it does. Resolves at the end.
   *
   * @throws {WorkerError} `UNAVAILABLE` when there is no end; what `take` throws.
   */
  async pass(
    take: (bytes: Uint8Array) => Promise<void> | undefined,
  ): Promise<void> {
    try {
      do {
        for (let bytes = this.#read(); bytes; bytes = this.#read()) {
          const taken = take(bytes);
          if (taken) await taken;
        }
      } while (await this.#wait());
      this.#checkEnd();
    } finally {
      if (!this.#ended) this.cancel();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      do {
        for (let bytes = this.#read(); bytes; bytes = this.#read()) {
          yield bytes;
        }
      } while (await this.#wait());
      this.#checkEnd();
    } finally {
      if (!this.#ended) this.cancel();
    }
  }

  /** What is there; a wake-up that comes after it is not lost. */
  #read(): Uint8Array | null {
    this.#wake = Promise.withResolvers();
    return this.#stream.read() as Uint8Array | null;
  }

  /** Waits until there may be more; false when there never will. */
  async #wait(): Promise<boolean> {
    if (this.#ended || this.#stream.destroyed) return false;
    await this.#wake.promise;
    return true;
  }

  #checkEnd(): void {
    if (this.#ended && this.#stream.rstCode === NO_ERROR) return;
    throw new WorkerError(
      "UNAVAILABLE",
      `the answer of ${this.#peer} was cut: ask again`,
    );
  }
}
