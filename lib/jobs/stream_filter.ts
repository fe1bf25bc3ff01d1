import {
  encodeControl,
  FRAME_HEADER_BYTES,
  FrameDecoder,
  type OutputStream,
  STREAM_ID,
  writeFrameHeader,
} from "../api/frame.ts";
import type { OutputSource } from "../api/job_service.ts";
import { MAX_STORED_FRAME_BYTES } from "./stored_frame.ts";

/**
 * Only one stream of a source. A `position` record goes before every frame that does not follow on
 * the one before, so offsets stay those of the whole log.
 */
export class StreamFilter implements OutputSource {
  readonly #source: OutputSource;
  readonly #decoder: FrameDecoder;
  readonly #scratch = new Uint8Array(MAX_STORED_FRAME_BYTES);
  #queue: Uint8Array[] = [];
  #expected = -1;

  constructor(source: OutputSource, wanted: OutputStream) {
    this.#source = source;
    this.#decoder = new FrameDecoder({
      output: (piece, { stream, offset, timeUs }) => {
        if (stream !== wanted) return;
        if (offset !== this.#expected) {
          this.#queue.push(encodeControl({ type: "position", offset }));
        }
        this.#expected = offset + piece.length;
        const frame = new Uint8Array(FRAME_HEADER_BYTES + piece.length);
        writeFrameHeader(frame, {
          length: piece.length,
          stream: STREAM_ID[stream],
          timeUs,
        });
        frame.set(piece, FRAME_HEADER_BYTES);
        this.#queue.push(frame);
      },
      control: (record) => {
        this.#queue.push(encodeControl(record));
        this.#expected = this.#decoder.offset;
      },
    });
  }

  async ready(): Promise<boolean> {
    while (this.#queue.length === 0) {
      if (!await this.#source.ready()) return false;
      this.#decoder.push(
        this.#scratch.subarray(0, this.#source.read(this.#scratch)),
      );
    }
    return true;
  }

  read(into: Uint8Array): number {
    let count = 0;
    while (
      this.#queue.length > 0 && count + this.#queue[0]!.length <= into.length
    ) {
      const frame = this.#queue.shift()!;
      into.set(frame, count);
      count += frame.length;
    }
    return count;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#source[Symbol.asyncDispose]();
  }
}
