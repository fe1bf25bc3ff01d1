import { deepEqual, equal } from "node:assert/strict";
import {
  encodeControl,
  FRAME_HEADER_BYTES,
  STREAM_ID,
  writeFrameHeader,
} from "../../lib/api/frame.ts";
import {
  formatTime,
  NdjsonEncoder,
  type OutputRecord,
} from "../../lib/api/ndjson.ts";

function frame(
  stream: "stdout" | "stderr",
  payload: string | Uint8Array,
): Uint8Array {
  const bytes = typeof payload === "string"
    ? new TextEncoder().encode(payload)
    : payload;
  const whole = new Uint8Array(FRAME_HEADER_BYTES + bytes.length);
  writeFrameHeader(whole, {
    length: bytes.length,
    stream: STREAM_ID[stream],
    timeUs: 0,
  });
  whole.set(bytes, FRAME_HEADER_BYTES);
  return whole;
}

function records(ndjson: string): OutputRecord[] {
  return ndjson.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

/** What a client does: joins `data` of one stream. */
function join(all: OutputRecord[], stream: string): Uint8Array {
  return new Uint8Array(
    all.filter((record) => record.stream === stream).flatMap((record) => [
      ...(record.encoding === "base64"
        ? Uint8Array.from(atob(record.data), (char) => char.charCodeAt(0))
        : new TextEncoder().encode(record.data)),
    ]),
  );
}

Deno.test("NdjsonEncoder gives one record a line, across frames", () => {
  const encoder = new NdjsonEncoder();
  const out = encoder.push(frame("stdout", "one\ntw")) +
    encoder.push(frame("stdout", "o\nthree"));
  deepEqual(
    records(out + encoder.flush()).map(({ offset, data }) => ({
      offset,
      data,
    })),
    [{ offset: 0, data: "one\n" }, { offset: 4, data: "two\n" }, {
      offset: 8,
      data: "three",
    }],
  );
});

Deno.test("NdjsonEncoder flushes a line when the other stream speaks, so offsets never go back", () => {
  const encoder = new NdjsonEncoder();
  const out = encoder.push(frame("stdout", "a")) +
    encoder.push(frame("stderr", "E\n")) +
    encoder.push(frame("stdout", "b\n"));
  deepEqual(
    records(out).map(({ offset, stream, data }) => [offset, stream, data]),
    [
      [0, "stdout", "a"],
      [1, "stderr", "E\n"],
      [3, "stdout", "b\n"],
    ],
  );
});

Deno.test("NdjsonEncoder sends what is not UTF-8 as base64", () => {
  const encoder = new NdjsonEncoder();
  const [record] = records(
    encoder.push(frame("stdout", new Uint8Array([0xff, 0xfe, 0x0a]))),
  );
  equal(record?.encoding, "base64");
  equal(record?.data, "//4K");
});

Deno.test("NdjsonEncoder keeps the exact bytes when they come one at a time", () => {
  const bytes = Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7919) % 256);
  const encoder = new NdjsonEncoder();
  let out = "";
  for (const byte of bytes) {
    out += encoder.push(frame("stdout", new Uint8Array([byte])));
  }
  deepEqual(join(records(out + encoder.flush()), "stdout"), bytes);
});

Deno.test("NdjsonEncoder bounds what it keeps of a line that does not end", () => {
  const encoder = new NdjsonEncoder();
  let pieces = 0;
  for (let i = 0; i < 40; i++) {
    pieces += records(encoder.push(frame("stdout", "x".repeat(10_000)))).length;
  }
  equal(pieces >= 5, true);
});

Deno.test("NdjsonEncoder passes gap and end on and keeps position to itself", () => {
  const encoder = new NdjsonEncoder();
  const out = encoder.push(encodeControl({ type: "position", offset: 7 })) +
    encoder.push(frame("stdout", "x")) +
    encoder.push(encodeControl({ type: "gap", from: 8, to: 9 }));
  const [first, second] = records(out) as unknown as {
    type: string;
    offset?: number;
  }[];
  deepEqual([first?.type, first?.offset], ["output", 7]);
  equal(second?.type, "gap");
});

Deno.test("formatTime() gives RFC 3339 with microseconds", () => {
  equal(formatTime(1_795_251_600_000_123), "2026-11-21T09:00:00.000123Z");
});
