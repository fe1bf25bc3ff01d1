import { equal, ok } from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { BACKLOG_HIGH_WATER } from "../../../lib/http/listener/socket_backlog.ts";
import { credentials, TestListener } from "../../helpers/listener.ts";
import { until } from "../../helpers/peers.ts";
import {
  concat,
  FRAME,
  frame,
  frameTypes,
  hangUp,
  openTls,
  preface,
  push,
  readAll,
  request,
} from "../../hostile/wire.ts";

const from = await credentials();
const FLOOD_BYTES = 64 << 20;

const open = (test: TestListener) =>
  openTls({
    host: "localhost",
    port: test.port,
    ca: from.ca,
    client: from.client,
  });

Deno.test("drained() bounds the backlog when the peer never reads", async () => {
  await using test = await TestListener.listen(from);
  const conn = await open(test);
  await push(conn, concat([preface(), request(`/bytes?n=${FLOOD_BYTES}`)]));
  await until(() => (test.last?.backlog ?? 0) > BACKLOG_HIGH_WATER);
  await delay(100);
  ok(test.last!.backlog < 2 * BACKLOG_HIGH_WATER);

  // It goes on when the peer reads again, to the last byte.
  const { bytes } = await readAll(conn, {
    withinMs: 30_000,
    enough: (_, length) => length > FLOOD_BYTES,
  });
  ok(bytes.length > FLOOD_BYTES);
  hangUp(conn);
  await until(() => test.last!.closed);
  equal(test.last!.backlog, 0);
});

Deno.test("the runtime bounds nothing when a handler does not wait for drained()", async () => {
  // Why drained() is there. When this fails, the runtime has learnt it and drained() can go.
  await using test = await TestListener.listen(from);
  const conn = await open(test);
  await push(conn, concat([preface(), request(`/flood?n=${FLOOD_BYTES}`)]));
  await until(() => (test.last?.backlog ?? 0) > FLOOD_BYTES / 2);
  hangUp(conn);
  await until(() => test.last!.closed);
});

Deno.test("dispatch() holds requests back when the peer asks but never reads", async () => {
  await using test = await TestListener.listen(from);
  const conn = await open(test);
  await push(conn, concat([preface(), request(`/bytes?n=${FLOOD_BYTES}`)]));
  await until(() => (test.last?.backlog ?? 0) > BACKLOG_HIGH_WATER);
  await push(conn, request("/hang", { stream: 3 }));
  await delay(200);
  equal(test.hanging, 0);
  const reading = readAll(conn, { withinMs: 30_000 });
  await until(() => test.hanging === 1);
  hangUp(conn);
  await reading;
});

Deno.test("watchLiveness() cuts the connection when pings go unanswered", async () => {
  await using test = await TestListener.listen(from, {
    limits: { pingInterval: 50 },
  });
  const conn = await open(test);
  await push(conn, concat([preface(), request("/hang")]));
  await until(() => test.hanging === 1);
  const { closed, bytes } = await readAll(conn, { withinMs: 30_000 });
  ok(closed);
  ok(frameTypes(bytes).filter((type) => type === FRAME.ping).length >= 2);
  await until(() => test.hanging === 0);
  ok(
    test.events.some((event) =>
      event.type === "cut" && event.reason === "unresponsive"
    ),
  );
  hangUp(conn);
});

Deno.test("watchLiveness() keeps the connection when the peer answers", async () => {
  await using test = await TestListener.listen(from, {
    limits: { pingInterval: 150 },
  });
  const conn = await open(test);
  await push(conn, concat([preface(), request("/hang")]));
  for (let pings = 0; pings < 12;) {
    const { bytes, closed } = await readAll(conn, {
      withinMs: 30_000,
      enough: (read) => frameTypes(read()).includes(FRAME.ping),
    });
    ok(!closed);
    // A ping is the last 17 bytes: nothing else is on its way.
    const payload = bytes.subarray(-8);
    pings++;
    await push(conn, frame(FRAME.ping, { flags: 1, payload }));
  }
  ok(!test.last!.closed);
  hangUp(conn);
});

Deno.test("watchLiveness() keeps the connection when a slow reader has not come to the ping", async () => {
  await using test = await TestListener.listen(from, {
    limits: { pingInterval: 200 },
  });
  const conn = await open(test);
  await push(conn, concat([preface(), request(`/bytes?n=${2 ** 30}`)]));
  await until(() => (test.last?.backlog ?? 0) > BACKLOG_HIGH_WATER);
  const buffer = new Uint8Array(65_536);
  const end = performance.now() + 2_000;
  for (let round = 0; performance.now() < end; round++) {
    await conn.read(buffer);
    if (round % 8 === 0) await delay(2);
  }
  ok(!test.last!.closed);
  hangUp(conn);
});
