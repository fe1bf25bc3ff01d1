import { WorkerError } from "../api/errors.ts";
import {
  type ControlRecord,
  type EndRecord,
  FrameDecoder,
  type OutputStream,
} from "../api/frame.ts";
import type { Job } from "../api/job.ts";
import type { FollowReader } from "./follow.ts";
import { checkTotals } from "./totals.ts";

/** Pieces smaller than this are joined, so that a job that prints short lines costs few writes. */
const JOIN_BELOW_BYTES = 1 << 14;

/** Bytes of one stream: a view that is valid until the handler's promise resolves. */
export interface OutputPiece {
  stream: OutputStream;
  bytes: Uint8Array;
}

export interface FrameReaderOptions {
  /** Takes output in order; the next piece comes when its promise resolves. */
  output(piece: OutputPiece): Promise<void>;
  /** Output that retention removed before it was read. */
  gap?(gap: { from: number; to: number }): void;
  /** The job of a `POST /v1/run`. */
  job?(job: Job): void;
  /** The only stream that was asked for: the totals of the other are not checked. */
  stream?: OutputStream;
  /** The output is not read from its first byte: totals are not checked. */
  partial?: boolean;
}

type Item =
  | { type: "output" } & OutputPiece
  | Exclude<ControlRecord, { type: "position" }>;

/** Reads frames, hands out each byte once whatever the server sends again, and keeps count. */
export class FrameReader implements FollowReader {
  offset: number | null = null;
  end: EndRecord | null = null;
  readonly #options: FrameReaderOptions;
  readonly #seen = { stdout: 0, stderr: 0 };
  /** False when output was skipped: the totals then say nothing. */
  #whole: boolean;
  #items: Item[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #decoder: FrameDecoder;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
    this.#whole = options.partial !== true;
    this.#decoder = this.#newDecoder();
  }

  get atBoundary(): boolean {
    return this.#decoder.atBoundary;
  }

  restart(): void {
    this.#decoder = this.#newDecoder();
    this.#decoder.offset = this.offset ?? 0;
  }

  async push(bytes: Uint8Array): Promise<void> {
    this.#bytes = bytes;
    this.#items = [];
    try {
      this.#decoder.push(bytes);
    } catch (cause) {
      throw new WorkerError(
        "INTERNAL",
        "the server's output is not a stream of frames",
        { cause },
      );
    }
    for (const item of this.#items) await this.#handle(item);
  }

  #newDecoder(): FrameDecoder {
    return new FrameDecoder({
      output: (piece, frame) => this.#take(piece, frame),
      control: (record) => this.#control(record),
    });
  }

  #take(
    piece: Uint8Array,
    { stream, offset }: { stream: OutputStream; offset: number },
  ): void {
    const repeated = Math.max(0, (this.offset ?? offset) - offset);
    if (repeated >= piece.length) return;
    const bytes = piece.subarray(repeated);
    this.offset = offset + piece.length;
    this.#seen[stream] += bytes.length;
    const last = this.#items.at(-1);
    if (
      last?.type === "output" && last.stream === stream &&
      bytes.length < JOIN_BELOW_BYTES
    ) {
      last.bytes = this.#joined(last.bytes, bytes);
    } else {
      this.#items.push({ type: "output", stream, bytes });
    }
  }

  /** Moves `next` down over the header between the two; the decoder is past both. */
  #joined(first: Uint8Array, next: Uint8Array): Uint8Array {
    const start = first.byteOffset - this.#bytes.byteOffset;
    const end = start + first.length;
    this.#bytes.subarray(end).set(next);
    return this.#bytes.subarray(start, end + next.length);
  }

  #control(record: ControlRecord): void {
    if (record.type !== "position") {
      this.#items.push(record);
      if (record.type === "gap") this.#position(record.to);
    } else if (this.offset === null) {
      // With one stream only, the first byte may well be the other's.
      if (record.offset > 0 && !this.#options.stream) this.#whole = false;
      this.#position(record.offset);
    }
  }

  #position(offset: number): void {
    this.offset = Math.max(offset, this.offset ?? 0);
  }

  async #handle(item: Item): Promise<void> {
    if (item.type === "output") {
      await this.#options.output(item);
    } else if (item.type === "gap") {
      this.#whole = false;
      this.#options.gap?.(item);
    } else if (item.type === "job") {
      this.#options.job?.(item);
    } else {
      if (this.#whole) checkTotals(item, this.#seen, this.#options.stream);
      this.end = item;
    }
  }
}
