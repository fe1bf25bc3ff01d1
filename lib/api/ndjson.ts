import { type EndRecord, FrameDecoder, type OutputStream } from "./frame.ts";
import type { Job } from "./job.ts";

/** Media type of the default representation of output. */
export const NDJSON_MEDIA_TYPE = "application/x-ndjson";

/** A piece of output: a line, or what there was of it when it was flushed. */
export interface OutputRecord {
  type: "output";
  /** Logical offset of the first byte. */
  offset: number;
  /** When the first byte was read: RFC 3339, UTC, microseconds. */
  time: string;
  stream: OutputStream;
  data: string;
  /** Absent when `data` is the text itself. */
  encoding?: "base64";
}

/** One line of NDJSON. */
export type OutputLineRecord =
  | OutputRecord
  | { type: "gap"; from: number; to: number }
  | { type: "job" } & Job
  | EndRecord;

/** A line is given out in pieces of this size at the latest. */
const MAX_LINE_BYTES = 64 * 1024;

const NEWLINE = 0x0a;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The start of a line; `bytes` grows by doubling, so single bytes cost no quadratic copying. */
interface PartialLine {
  offset: number;
  timeUs: number;
  stream: OutputStream;
  bytes: Uint8Array;
  length: number;
}

/**
 * Turns frames into NDJSON: one record per line of output. What a frame leaves of a line is kept
 * until its newline, a byte of the other stream, {@linkcode MAX_LINE_BYTES}, or `flush`: so an
 * offset never goes back, and a reader that resumes misses nothing.
 */
export class NdjsonEncoder {
  readonly #decoder: FrameDecoder;
  #partial: PartialLine | null = null;
  #out = "";

  constructor() {
    this.#decoder = new FrameDecoder({
      output: (piece, frame) => this.#output(piece, frame),
      control: (record) => {
        this.#flushPartial();
        if (record.type !== "position") {
          this.#out += JSON.stringify(record) + "\n";
        }
      },
    });
  }

  /** True while a line waits for its newline: call `flush` when none comes for 50 ms. */
  get hasPartialLine(): boolean {
    return this.#partial !== null;
  }

  /** NDJSON for these frames; an empty string when they completed no line. */
  push(frames: Uint8Array): string {
    this.#decoder.push(frames);
    return this.#take();
  }

  /** NDJSON for the line that waits, without its newline. */
  flush(): string {
    this.#flushPartial();
    return this.#take();
  }

  #take(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }

  #output(
    piece: Uint8Array,
    { stream, timeUs, offset }: {
      stream: OutputStream;
      timeUs: number;
      offset: number;
    },
  ): void {
    if (this.#partial && this.#partial.stream !== stream) this.#flushPartial();
    let at = 0;
    while (at < piece.length) {
      const newline = piece.indexOf(NEWLINE, at);
      const end = Math.min(
        newline < 0 ? piece.length : newline + 1,
        at + MAX_LINE_BYTES,
      );
      const part = piece.subarray(at, end);
      const whole = newline >= 0 && end === newline + 1;
      if (this.#partial) this.#extendPartial(part, whole);
      else if (whole || part.length === MAX_LINE_BYTES) {
        this.#record(part, { offset: offset + at, timeUs, stream });
      } else {
        this.#partial = {
          offset: offset + at,
          timeUs,
          stream,
          bytes: part.slice(),
          length: part.length,
        };
      }
      at = end;
    }
  }

  #extendPartial(part: Uint8Array, whole: boolean): void {
    const partial = this.#partial!;
    const length = partial.length + part.length;
    if (length > partial.bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * partial.bytes.length));
      grown.set(partial.bytes.subarray(0, partial.length));
      partial.bytes = grown;
    }
    partial.bytes.set(part, partial.length);
    partial.length = length;
    if (whole || length >= MAX_LINE_BYTES) this.#flushPartial();
  }

  #flushPartial(): void {
    if (!this.#partial) return;
    const { bytes, length } = this.#partial;
    this.#record(bytes.subarray(0, length), this.#partial);
    this.#partial = null;
  }

  #record(
    bytes: Uint8Array,
    { offset, timeUs, stream }: {
      offset: number;
      timeUs: number;
      stream: OutputStream;
    },
  ): void {
    const record: OutputRecord = {
      type: "output",
      offset,
      time: formatTime(timeUs),
      stream,
      data: "",
    };
    try {
      record.data = utf8.decode(bytes);
    } catch {
      record.data = encodeBase64(bytes);
      record.encoding = "base64";
    }
    this.#out += JSON.stringify(record) + "\n";
  }
}

/** RFC 3339 in UTC with microseconds. */
export function formatTime(timeUs: number): string {
  const micros = String(timeUs % 1000).padStart(3, "0");
  return `${
    new Date(Math.floor(timeUs / 1000)).toISOString().slice(0, -1)
  }${micros}Z`;
}

function encodeBase64(bytes: Uint8Array): string {
  return (bytes as Uint8Array & { toBase64(): string }).toBase64();
}
