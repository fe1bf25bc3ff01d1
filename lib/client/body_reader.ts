/** Options of a {@linkcode BodyReader}. */
export interface BodyReaderOptions {
  /** Bytes of the buffer that each read fills. @default {262_144} */
  bufferBytes?: number;
}

/**
 * Reads a response's body into one buffer again and again: gigabytes flow without garbage.
 *
 * A piece is a view into that buffer and valid until the next `read`.
 */
export class BodyReader implements AsyncDisposable {
  readonly #reader: ReadableStreamBYOBReader | null;
  #buffer: Uint8Array<ArrayBuffer>;

  /** Locks `body`; null is an empty one. */
  constructor(
    body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
    { bufferBytes = 1 << 18 }: BodyReaderOptions = {},
  ) {
    this.#buffer = new Uint8Array(bufferBytes);
    this.#reader = body?.getReader({ mode: "byob" }) ?? null;
  }

  /** The next bytes, null at the end; rejects when the connection is cut before the end. */
  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#reader === null) return null;
    const { value, done } = await this.#reader.read(this.#buffer);
    if (done) return null;
    // The read detached the buffer; what comes back is the same memory.
    this.#buffer = new Uint8Array(value.buffer);
    return value;
  }

  /** Ends the response, whatever is still to come. */
  async [Symbol.asyncDispose](): Promise<void> {
    // A body that already failed rejects again here; the failure was reported by `read`.
    await this.#reader?.cancel().catch(() => {});
  }
}
