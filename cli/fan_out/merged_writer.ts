import type { OutputStream } from "../../lib/api/frame.ts";
import { OutputWriter } from "../output_writer.ts";

/** Takes one stretch of output at a time, each whole: nothing comes between its bytes. */
export class MergedWriter {
  readonly #writer = new OutputWriter();
  #turn: Promise<void> = Promise.resolve();

  /**
   * Resolves when the bytes may be used again.
   *
   * @throws {OutputClosedError} when nobody reads our output any more; perhaps a write later.
   */
  write(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    const turn = this.#turn.then(() => this.#writer.write(stream, bytes));
    // Whoever wrote is told; the next one finds out for itself.
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async drain(): Promise<void> {
    await this.#turn;
    await this.#writer.drain();
  }
}
