import { deepEqual, equal, throws } from "node:assert/strict";
import {
  type ControlRecord,
  encodeControl,
  FRAME_HEADER_BYTES,
  FrameDecoder,
  STREAM_ID,
  writeFrameHeader,
} from "../../lib/api/frame.ts";

function frame(stream: number, payload: string, timeUs = 1): Uint8Array {
  const bytes = new TextEncoder().encode(payload);
  const whole = new Uint8Array(FRAME_HEADER_BYTES + bytes.length);
  writeFrameHeader(whole, { length: bytes.length, stream, timeUs });
  whole.set(bytes, FRAME_HEADER_BYTES);
  return whole;
}

function concat(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

function collect() {
  const text = new TextDecoder();
  const seen = {
    output: [] as { stream: string; offset: number; data: string }[],
    control: [] as ControlRecord[],
  };
  const decoder = new FrameDecoder({
    output: (piece, { stream, offset }) =>
      seen.output.push({ stream, offset, data: text.decode(piece) }),
    control: (record) => seen.control.push(record),
  });
  return { seen, decoder };
}

Deno.test("FrameDecoder gives every byte once however the stream is cut", () => {
  const stream = concat([
    encodeControl({ type: "position", offset: 5 }),
    frame(STREAM_ID.stdout, "hello"),
    frame(STREAM_ID.stderr, "error"),
    encodeControl({ type: "gap", from: 15, to: 100 }),
    frame(STREAM_ID.stdout, "world"),
  ]);
  for (let size = 1; size <= stream.length; size++) {
    const { seen, decoder } = collect();
    for (let at = 0; at < stream.length; at += size) {
      decoder.push(stream.subarray(at, at + size));
    }
    const stdout = seen.output.filter((each) => each.stream === "stdout");
    equal(stdout.map(({ data }) => data).join(""), "helloworld");
    equal(seen.output[0]?.offset, 5);
    equal(stdout.find(({ data }) => data.startsWith("w"))?.offset, 100);
    deepEqual(seen.control.map(({ type }) => type), ["position", "gap"]);
    equal(decoder.offset, 105);
    equal(decoder.atBoundary, true);
  }
});

Deno.test("FrameDecoder.atBoundary is false when the stream was cut inside a frame", () => {
  const { decoder } = collect();
  decoder.push(frame(STREAM_ID.stdout, "hello").subarray(0, 18));
  equal(decoder.atBoundary, false);
  equal(decoder.offset, 2);
});

Deno.test("FrameDecoder throws when the bytes are not frames", () => {
  const { decoder } = collect();
  throws(
    () => decoder.push(new TextEncoder().encode("HTTP/1.1 502 Bad Gateway")),
    RangeError,
  );
});

Deno.test("writeFrameHeader() keeps the time to the microsecond", () => {
  const timeUs = 1_795_000_000_123_456;
  let seen = 0;
  const decoder = new FrameDecoder({
    output: (_, at) => {
      seen = at.timeUs;
    },
    control: () => {},
  });
  decoder.push(frame(STREAM_ID.stdout, "x", timeUs));
  equal(seen, timeUs);
});
