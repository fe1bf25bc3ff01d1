import { noteBytes } from "../../passing_bytes.ts";
import { HpackSize } from "./hpack_size.ts";

const PREFACE_BYTES = 24;
const FRAME_HEADER_BYTES = 9;
const HEADERS = 1;
const CONTINUATION = 9;
const PADDED = 0x8;
const PRIORITY = 0x20;
const END_HEADERS = 0x4;
const PRIORITY_BYTES = 5;

/**
 * Reads along what an HTTP/2 peer sends, before the runtime does, and tells when a header section
 * is too large once it is decoded.
 *
 * The runtime collects the fields of a request, refuses the request when they are too many, and then
 * never frees them: 400 bytes that name one entry of the HPACK table 128 times cost half a
 * megabyte for good. No certificate is needed for that. So such a request must not reach it.
 */
export class HeaderGuard {
  /** Requests that began, whatever became of them. */
  requests = 0;
  #skip: number;
  #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerLength = 0;
  /** The frame that is being read, when it is one of a header block. */
  #fragment: { left: number; flags: number; type: number } | undefined;
  #block: Uint8Array[] = [];
  #blockLength = 0;
  #lastStream = 0;
  #hpack = new HpackSize();

  /** `peer`: a client begins with a preface, a server with its first frame. */
  constructor(
    readonly maxHeaderBytes: number,
    { peer = "client" }: { peer?: "client" | "server" } = {},
  ) {
    this.#skip = peer === "client" ? PREFACE_BYTES : 0;
  }

  /** Looks at the next bytes; false when they must not be let through. */
  accept(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length;) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        at += skipped;
      } else if (this.#fragment !== undefined) {
        const end = Math.min(at + this.#fragment.left, chunk.length);
        if (!this.#collect(chunk.subarray(at, end))) return false;
        at = end;
      } else {
        this.#header[this.#headerLength++] = chunk[at++]!;
        if (this.#headerLength === FRAME_HEADER_BYTES && !this.#begin()) {
          return false;
        }
      }
    }
    return true;
  }

  /** Takes a frame header; false when the frame is too large. */
  #begin(): boolean {
    this.#headerLength = 0;
    const view = new DataView(this.#header.buffer);
    const length = view.getUint32(0) >>> 8;
    const type = view.getUint8(3);
    const flags = view.getUint8(4);
    if (type !== HEADERS && type !== CONTINUATION) {
      this.#skip = length;
      return true;
    }
    const stream = view.getUint32(5) & 0x7fff_ffff;
    if (type === HEADERS && stream > this.#lastStream) {
      this.#lastStream = stream;
      this.requests++;
    }
    this.#fragment = { left: length, flags, type };
    return length > 0 || this.#collect(new Uint8Array());
  }

  /** Takes a piece of a frame of a header block; measures the block when it is complete. */
  #collect(piece: Uint8Array): boolean {
    const { type, flags } = this.#fragment!;
    // A copy: the runtime may use its buffer again.
    if (piece.length > 0) this.#block.push(piece.slice());
    this.#blockLength += piece.length;
    if (this.#blockLength > this.maxHeaderBytes) return false;
    this.#fragment!.left -= piece.length;
    if (this.#fragment!.left > 0) return true;
    this.#fragment = undefined;
    if (type === HEADERS && flags & (PADDED | PRIORITY)) this.#unwrap(flags);
    if (!(flags & END_HEADERS)) return true;
    const block = this.#take();
    return this.#hpack.measure(block, this.maxHeaderBytes) <=
      this.maxHeaderBytes;
  }

  /** Takes padding and priority off a HEADERS frame, which is what a block begins with. */
  #unwrap(flags: number): void {
    const frame = this.#take();
    const padding = flags & PADDED ? frame[0] ?? 0 : 0;
    const start = (flags & PADDED ? 1 : 0) +
      (flags & PRIORITY ? PRIORITY_BYTES : 0);
    const block = frame.subarray(
      start,
      Math.max(start, frame.length - padding),
    );
    this.#block = [block];
    this.#blockLength = block.length;
  }

  #take(): Uint8Array {
    const block = join(this.#block, this.#blockLength);
    this.#block = [];
    this.#blockLength = 0;
    return block;
  }
}

function join(parts: Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What {@linkcode guardHeaders} reads along. */
interface ByteSource {
  emit(event: string | symbol, ...values: unknown[]): boolean;
  destroy(): void;
}

/**
 * Puts `guard` in front of whoever reads `socket`; calls `onViolation` and destroys the socket
 * instead of passing on what the guard does not accept. What came is noted, see `noteBytes`.
 *
 * By `emit`, because a listener can't keep the bytes from those after it, and a stream in between
 * would copy every byte in both directions.
 */
export function guardHeaders(
  socket: ByteSource,
  { guard, onViolation }: { guard: HeaderGuard; onViolation: () => void },
): void {
  const { emit } = socket;
  let open = true;
  socket.emit = (event, ...values) => {
    if (event !== "data") return emit.call(socket, event, ...values);
    noteBytes((values[0] as Uint8Array).length);
    if (open && guard.accept(values[0] as Uint8Array)) {
      return emit.call(socket, event, ...values);
    }
    if (open) onViolation();
    open = false;
    socket.destroy();
    return false;
  };
}
