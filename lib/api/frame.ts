/**
 * The frame: how output is stored and how it travels on the fast path
 * (`application/vnd.worker.frames`).
 *
 * | bytes | what |
 * | ----- | ---- |
 * | 0–3   | length of the payload, u32 |
 * | 4     | stream: 0 control, 1 stdout, 2 stderr |
 * | 5     | flags, 0 |
 * | 6–7   | 0 |
 * | 8–15  | time the bytes were read, µs since the epoch, u64 |
 * | 16–   | payload |
 *
 * Integers are big-endian. The payload of a control frame is one JSON {@linkcode ControlRecord};
 * control frames are made for a reader and are never stored.
 */
import type {
  Job,
  JobExit,
  JobState,
  StreamBytes,
  StreamDigests,
} from "./job.ts";

/** Bytes before the payload. */
export const FRAME_HEADER_BYTES = 16;

/** The longest payload that a reader accepts. */
export const MAX_FRAME_PAYLOAD_BYTES = 1 << 20;

/** Media type of a stream of frames. */
export const FRAMES_MEDIA_TYPE = "application/vnd.worker.frames";

export const STREAM_ID = { control: 0, stdout: 1, stderr: 2 } as const;

/** A stream of a job's output. */
export type OutputStream = "stdout" | "stderr";

/** The last record of a followed stream; without it the stream was cut. */
export interface EndRecord {
  /** Tells it from the other control records. */
  type: "end";
  /** The final state of the job. */
  state: JobState;
  /** How the job ended. */
  exit: JobExit;
  /** Bytes the job printed: a reader that has fewer has missed some. */
  bytes: StreamBytes;
  /** SHA-256 of what the job printed; null when it was not asked for. */
  sha256: StreamDigests;
}

/** What a control frame says. */
export type ControlRecord =
  /** The logical offset of the next payload byte. Comes first, and wherever it jumps. */
  | { type: "position"; offset: number }
  /** Bytes that retention has removed. */
  | { type: "gap"; from: number; to: number }
  /** First of all in `POST /v1/run`. */
  | { type: "job" } & Job
  | EndRecord;

/** Writes a header into the first {@linkcode FRAME_HEADER_BYTES} of `into`. */
export function writeFrameHeader(
  into: Uint8Array,
  header: { length: number; stream: number; timeUs: number },
): void {
  const view = new DataView(into.buffer, into.byteOffset, FRAME_HEADER_BYTES);
  view.setUint32(0, header.length);
  view.setUint32(4, header.stream << 24);
  view.setUint32(8, Math.floor(header.timeUs / 2 ** 32));
  view.setUint32(12, header.timeUs % 2 ** 32);
}

/** A control frame, whole. */
export function encodeControl(record: ControlRecord): Uint8Array<ArrayBuffer> {
  const payload = new TextEncoder().encode(JSON.stringify(record));
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  writeFrameHeader(frame, {
    length: payload.length,
    stream: STREAM_ID.control,
    timeUs: Date.now() * 1000,
  });
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** Called with each piece of a stream of frames as it is decoded. */
export interface FrameHandlers {
  /**
   * A piece of a payload: a view into what was pushed, valid during the call. `last` is true on
   * the piece that ends its frame. `offset` is the logical offset of its first byte.
   */
  output(
    piece: Uint8Array,
    frame: {
      stream: OutputStream;
      timeUs: number;
      offset: number;
      last: boolean;
    },
  ): void;
  control(record: ControlRecord): void;
}

/**
 * Decodes a stream of frames that comes in pieces of any size, without copying payloads.
 * It keeps the logical offset by counting, by `position` and by `gap` records.
 */
export class FrameDecoder {
  /** Logical offset one past the last payload byte that was decoded. */
  offset = 0;

  readonly #handlers: FrameHandlers;
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  readonly #view = new DataView(this.#header.buffer);
  #headerFilled = 0;
  #remaining = 0;
  #stream = 0;
  #timeUs = 0;
  #control: Uint8Array[] = [];

  constructor(handlers: FrameHandlers) {
    this.#handlers = handlers;
  }

  /** True between two frames: a stream that ends elsewhere was cut. */
  get atBoundary(): boolean {
    return this.#headerFilled === 0 && this.#remaining === 0;
  }

  /** @throws {RangeError} when the bytes are not frames. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#remaining === 0) {
        at = this.#readHeader(bytes, at);
        if (this.#headerFilled < FRAME_HEADER_BYTES) return;
        this.#headerFilled = 0;
        if (this.#remaining === 0) continue;
      }
      const piece = bytes.subarray(at, at + this.#remaining);
      at += piece.length;
      this.#remaining -= piece.length;
      if (piece.length > 0) this.#emit(piece);
    }
  }

  #readHeader(bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(
      at,
      at + FRAME_HEADER_BYTES - this.#headerFilled,
    );
    this.#header.set(part, this.#headerFilled);
    this.#headerFilled += part.length;
    if (this.#headerFilled === FRAME_HEADER_BYTES) {
      this.#remaining = this.#view.getUint32(0);
      this.#stream = this.#header[4]!;
      this.#timeUs = this.#view.getUint32(8) * 2 ** 32 +
        this.#view.getUint32(12);
      if (
        this.#remaining > MAX_FRAME_PAYLOAD_BYTES ||
        this.#stream > STREAM_ID.stderr
      ) {
        throw new RangeError("the bytes are not a stream of frames");
      }
    }
    return at + part.length;
  }

  #emit(piece: Uint8Array): void {
    const last = this.#remaining === 0;
    if (this.#stream !== STREAM_ID.control) {
      const stream = this.#stream === STREAM_ID.stdout ? "stdout" : "stderr";
      const offset = this.offset;
      this.offset += piece.length;
      this.#handlers.output(piece, {
        stream,
        timeUs: this.#timeUs,
        offset,
        last,
      });
      return;
    }
    this.#control.push(piece.slice());
    if (!last) return;
    const text = new TextDecoder();
    const json = this.#control.map((part) =>
      text.decode(part, { stream: true })
    ).join("");
    this.#control = [];
    const record = JSON.parse(json) as ControlRecord;
    if (record.type === "position") this.offset = record.offset;
    if (record.type === "gap") this.offset = record.to;
    this.#handlers.control(record);
  }
}
