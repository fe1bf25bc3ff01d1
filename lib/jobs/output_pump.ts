import { FRAME_HEADER_BYTES, type OutputStream } from "../api/frame.ts";
import { MAX_STORED_PAYLOAD_BYTES, type OutputLog } from "./output_log.ts";

/** A quiet job holds only this much for each of its pipes. */
const SMALL_READ_BYTES = 4 * 1024;

/**
 * Moves one pipe of a job into its log until the pipe is at its end. Reads land behind room for the
 * frame's header in one buffer that is used again for every read.
 */
export class OutputPump {
  /** Resolves at the pipe's end, or once it was cancelled; never rejects. */
  readonly done: Promise<void>;
  /** True once `done` has resolved. */
  finished = false;

  readonly #reader: ReadableStreamBYOBReader;
  readonly #cancelled = new AbortController();

  constructor(
    pipe: ReadableStream<Uint8Array>,
    into: { log: OutputLog; stream: OutputStream },
  ) {
    this.#reader = pipe.getReader({ mode: "byob" });
    this.done = this.#run(into.log, into.stream).finally(() => {
      this.finished = true;
    });
  }

  async #run(log: OutputLog, stream: OutputStream): Promise<void> {
    let buffer = new ArrayBuffer(FRAME_HEADER_BYTES + SMALL_READ_BYTES);
    while (true) {
      await log.room(this.#cancelled.signal);
      const room = buffer.byteLength - FRAME_HEADER_BYTES;
      const { value, done } = await this.#reader.read(
        new Uint8Array(buffer, FRAME_HEADER_BYTES, room),
      ).catch(() => ({ value: undefined, done: true as const }));
      if (done || value === undefined) return;
      buffer = value.buffer as ArrayBuffer;
      log.append(
        stream,
        new Uint8Array(buffer, 0, FRAME_HEADER_BYTES + value.length),
      );
      if (value.length === room && room < MAX_STORED_PAYLOAD_BYTES) {
        buffer = new ArrayBuffer(FRAME_HEADER_BYTES + MAX_STORED_PAYLOAD_BYTES);
      }
    }
  }

  /** Closes the pipe whoever holds its other end. */
  async cancel(): Promise<void> {
    this.#cancelled.abort();
    await this.#reader.cancel().catch(() => {});
    await this.done;
  }
}
