/** The text of a stream while it grows, e.g. what a process says. */
export class GrowingText {
  /** What has come so far. */
  text = "";
  /** All of it, once the stream has ended. */
  readonly whole: Promise<string>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.whole = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<string> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      this.text += decoder.decode(bytes, { stream: true });
    }
    return this.text += decoder.decode();
  }
}
