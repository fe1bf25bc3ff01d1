import {
  type ControlRecord,
  encodeControl,
  FRAME_HEADER_BYTES,
  type OutputStream,
  STREAM_ID,
  writeFrameHeader,
} from "../../lib/api/frame.ts";

/** A frame of output. */
export function frame(stream: OutputStream, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  const length = payload.length;
  writeFrameHeader(bytes, { length, stream: STREAM_ID[stream], timeUs: 1e15 });
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

/** What a job printed: pieces in order. */
export type Printed = { stream: OutputStream; bytes: Uint8Array }[];

/** The `end` record of a job that printed this and exited with 0. */
export function endOf(printed: Printed): ControlRecord {
  const total = (stream: OutputStream) =>
    printed.filter((piece) => piece.stream === stream)
      .reduce((sum, { bytes }) => sum + bytes.length, 0);
  return {
    type: "end",
    state: "succeeded",
    exit: { code: 0, signal: null, reason: "exited", detail: null },
    bytes: { stdout: total("stdout"), stderr: total("stderr") },
    sha256: { stdout: null, stderr: null },
  };
}

/** The body of a followed output that begins at `from`. */
export function bodyFrom(printed: Printed, from: number): Uint8Array {
  const parts: Uint8Array[] = [
    encodeControl({ type: "position", offset: from }),
  ];
  let offset = 0;
  for (const { stream, bytes } of printed) {
    const rest = bytes.subarray(Math.max(0, from - offset));
    offset += bytes.length;
    if (rest.length > 0) parts.push(frame(stream, rest));
  }
  parts.push(encodeControl(endOf(printed)));
  return concat(parts);
}

export function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Random pieces on both streams: short lines and long blocks. */
export function randomOutput(pieces: number): Printed {
  return Array.from({ length: pieces }, (_, index) => {
    const bytes = new Uint8Array(
      index % 5 === 0 ? 40_000 : 1 + Math.floor(Math.random() * 200),
    );
    crypto.getRandomValues(bytes);
    return { stream: Math.random() < 0.7 ? "stdout" : "stderr", bytes };
  });
}

/** The bytes of one stream. */
export function streamOf(printed: Printed, stream: OutputStream): Uint8Array {
  return concat(
    printed.filter((piece) => piece.stream === stream).map(({ bytes }) =>
      bytes
    ),
  );
}
