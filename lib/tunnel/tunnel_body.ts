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
    if (!this.#stream.closed) this.#stream.close(CANCEL);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const stream = this.#stream;
    try {
      while (true) {
        this.#wake = Promise.withResolvers();
        const bytes = stream.read() as Uint8Array | null;
        if (bytes !== null) yield bytes;
        else if (this.#ended || stream.destroyed) break;
        else await this.#wake.promise;
      }
      if (!this.#ended || stream.rstCode !== NO_ERROR) {
        throw new WorkerError(
          "UNAVAILABLE",
          `the answer of ${this.#peer} was cut: ask again`,
        );
      }
    } finally {
      if (!this.#ended) this.cancel();
    }
  }
}
