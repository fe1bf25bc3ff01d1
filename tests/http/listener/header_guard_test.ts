import { equal, ok } from "node:assert/strict";
import { HeaderGuard } from "../../../lib/http/listener/header_guard.ts";
import { HpackSize } from "../../../lib/http/listener/hpack_size.ts";
import { credentials, TestListener } from "../../helpers/listener.ts";
import { httpClient, until } from "../../helpers/peers.ts";
import {
  concat,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  hangUp,
  headerBlock,
  openTls,
  preface,
  push,
  readAll,
  request,
  requestFields,
  words,
} from "../../hostile/wire.ts";

const from = await credentials();
const LIMIT = 65_536;
const flags = END_HEADERS | END_STREAM;

/** A literal that enters the dynamic table. */
function indexed(name: string, value: string): Uint8Array {
  return concat([
    new Uint8Array([0x40]),
    headerBlock([[name, value]]).subarray(1),
  ]);
}

Deno.test("HpackSize.measure() counts name, value and 32 bytes for a literal", () => {
  const hpack = new HpackSize();
  equal(hpack.measure(headerBlock([["name", "value"]]), LIMIT), 4 + 5 + 32);
  equal(
    hpack.measure(headerBlock([["x", "a".repeat(1_000)]]), LIMIT),
    1_001 + 32,
  );
});

Deno.test("HpackSize.measure() counts an entry each time when it is named again", () => {
  const hpack = new HpackSize();
  equal(hpack.measure(indexed("x", "a".repeat(967)), LIMIT), 1_000);
  equal(hpack.measure(new Uint8Array([0xbe, 0xbe, 0xbe]), LIMIT), 3_000);
  // It moves down when another comes in, and its name can be named alone.
  equal(hpack.measure(indexed("y", ""), LIMIT), 33);
  equal(hpack.measure(new Uint8Array([0xbf]), LIMIT), 1_000);
  equal(hpack.measure(new Uint8Array([0x7f, 0, 1, 0x61]), LIMIT), 34);
});

Deno.test("HpackSize.measure() takes the worst when the table has forgotten the entry", () => {
  const hpack = new HpackSize();
  hpack.measure(indexed("x", "a".repeat(3_000)), LIMIT);
  hpack.measure(indexed("y", "a".repeat(3_000)), LIMIT);
  equal(hpack.measure(new Uint8Array([0xbf]), LIMIT), 4_096);
  // A resized table is empty.
  equal(hpack.measure(new Uint8Array([0x20, 0xbe]), LIMIT), 4_096);
});

Deno.test("HpackSize.measure() ends when the block is cut or not HPACK", () => {
  for (let length = 0; length < 64; length++) {
    new HpackSize().measure(new Uint8Array(length).fill(255), LIMIT);
    new HpackSize().measure(
      headerBlock([["x", "y"]]).subarray(0, length),
      LIMIT,
    );
    new HpackSize().measure(
      crypto.getRandomValues(new Uint8Array(length)),
      LIMIT,
    );
  }
});

Deno.test("HeaderGuard.accept() sees the same when bytes come one by one", () => {
  const block = headerBlock(requestFields("/"));
  const bytes = concat([
    preface(),
    request("/"),
    frame(FRAME.data, { stream: 1, payload: new Uint8Array(300) }),
    // Padding, priority, and a block in three frames.
    frame(FRAME.headers, {
      stream: 3,
      flags: 0x28,
      payload: concat([
        new Uint8Array([4]),
        words(0),
        new Uint8Array([16]),
        block.subarray(0, 10),
        words(0),
      ]),
    }),
    frame(FRAME.continuation, { stream: 3 }),
    frame(FRAME.continuation, {
      stream: 3,
      flags: END_HEADERS,
      payload: block.subarray(10),
    }),
    request("/", { stream: 5 }),
  ]);
  const whole = new HeaderGuard(LIMIT);
  ok(whole.accept(bytes));
  equal(whole.requests, 3);
  const single = new HeaderGuard(LIMIT);
  for (const byte of bytes) ok(single.accept(new Uint8Array([byte])));
  equal(single.requests, 3);
});

Deno.test("HeaderGuard.accept() refuses when a block is too large, raw or decoded", () => {
  const raw = new HeaderGuard(LIMIT);
  const open = frame(FRAME.headers, { stream: 1 });
  const more = frame(FRAME.continuation, {
    stream: 1,
    payload: new Uint8Array(16_000),
  });
  ok(raw.accept(concat([preface(), open, more, more, more, more])));
  ok(!raw.accept(more));

  const decoded = new HeaderGuard(LIMIT);
  ok(decoded.accept(concat([
    preface(),
    frame(FRAME.headers, {
      stream: 1,
      flags,
      payload: indexed("x", "a".repeat(3_900)),
    }),
  ])));
  const named = (times: number) =>
    frame(FRAME.headers, {
      stream: 3,
      flags,
      payload: new Uint8Array(times).fill(0xbe),
    });
  ok(decoded.accept(named(16)));
  ok(!decoded.accept(named(17)));
});

Deno.test("TlsListener cuts the connection when a small block is a huge header section", async () => {
  await using test = await TestListener.listen(from);
  const conn = await openTls({
    host: "localhost",
    port: test.port,
    ca: from.ca,
  });
  const payload = concat([
    headerBlock(requestFields("/healthz")),
    indexed("x", "a".repeat(3_900)),
    new Uint8Array(400).fill(0xbe),
  ]);
  await push(
    conn,
    concat([preface(), frame(FRAME.headers, { stream: 1, flags, payload })]),
  );
  ok((await readAll(conn)).closed);
  await until(() => test.events.length > 0);
  const event = test.events[0];
  ok(event?.type === "cut" && event.reason === "bad_headers");
  hangUp(conn);
});

Deno.test("TlsListener cuts the connection when its requests are refused again and again", async () => {
  await using test = await TestListener.listen(from);
  const conn = await openTls({
    host: "localhost",
    port: test.port,
    ca: from.ca,
  });
  const payload = concat([
    headerBlock(requestFields("/healthz")),
    headerBlock([["Upper", "case"]]),
  ]);
  const bad = (stream: number) =>
    frame(FRAME.headers, { stream, flags, payload });
  await push(conn, concat([preface(), bad(1), bad(3), bad(5), bad(7)]));
  ok((await readAll(conn)).closed);
  ok(test.events.some((event) => event.type === "cut"));
  hangUp(conn);
});

Deno.test("TlsListener keeps the connection when requests are cancelled at once", async () => {
  await using test = await TestListener.listen(from);
  const conn = await openTls({
    host: "localhost",
    port: test.port,
    ca: from.ca,
  });
  const cancelled = [1, 3, 5, 7, 9, 11, 13, 15].map((stream) =>
    concat([
      request("/hang", { stream }),
      frame(FRAME.rst, { stream, payload: words(8) }),
    ])
  );
  await push(conn, concat([preface(), ...cancelled]));
  await push(conn, request("/healthz", { stream: 17 }));
  const answered = (read: Uint8Array) =>
    new TextDecoder().decode(read).includes("ok\n");
  const { bytes } = await readAll(conn, { enough: (read) => answered(read()) });
  ok(answered(bytes));
  hangUp(conn);
});

Deno.test("TlsListener answers when a request has more fields than the runtime takes by default", async () => {
  await using test = await TestListener.listen(from);
  const fields = Array.from({ length: 500 }, (_, n) => [`x${n}`, "y"]);
  using client = httpClient(from);
  const url = `https://localhost:${test.port}/healthz`;
  const headers = fields as [string, string][];
  equal(await (await fetch(url, { client, headers })).text(), "ok\n");
});
