import { equal, match, ok } from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { credentials, TestListener } from "../../helpers/listener.ts";
import { ask, httpClient, until } from "../../helpers/peers.ts";
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
const text = (line: string) => new TextEncoder().encode(line);
const target = (test: TestListener) => ({
  host: "localhost",
  port: test.port,
  ca: from.ca,
});

/** True when the listener cut a connection for `reason`. */
function wasCut(test: TestListener, reason: string): boolean {
  return test.events.some((event) =>
    event.type === "cut" && event.reason === reason
  );
}

Deno.test("handshakeTimeout closes the socket when the handshake never ends", async () => {
  await using test = await TestListener.listen(from, {
    limits: { handshakeTimeout: 200 },
  });
  const conn = await Deno.connect({ port: test.port });
  await push(conn, text("\x16\x03\x01\x02\x00\x01"));
  ok((await readAll(conn, { withinMs: 30_000 })).closed);
  hangUp(conn);
});

for (
  const [name, alpn, begin, more] of [
    ["HTTP/1.1", "http/1.1", text("GET / HTTP/1.1\r\nx: "), text("a")],
    [
      "HTTP/2 without a request",
      "h2",
      preface(),
      frame(FRAME.ping, {
        payload: new Uint8Array(8),
      }),
    ],
    [
      "HTTP/2 with half a header section",
      "h2",
      concat([
        preface(),
        frame(FRAME.headers, { stream: 1, flags: 1, payload: text("") }),
      ]),
      frame(FRAME.continuation, { stream: 1 }),
    ],
  ] as const
) {
  Deno.test(`headersTimeout cuts ${name} when bytes trickle in`, async () => {
    await using test = await TestListener.listen(from, {
      limits: { headersTimeout: 300 },
    });
    const conn = await openTls(target(test), { alpn: [alpn] });
    await push(conn, begin);
    let trickling = true;
    const trickle = (async () => {
      while (trickling && await push(conn, more)) await delay(60);
    })();
    ok((await readAll(conn, { withinMs: 30_000 })).closed);
    trickling = false;
    await trickle;
    hangUp(conn);
    ok(
      wasCut(test, "headers_timeout") ||
        test.events.some(({ type }) => type === "peer_error"),
    );
  });
}

for (const http2 of [true, false]) {
  const name = http2 ? "HTTP/2" : "HTTP/1.1";

  Deno.test(`idleTimeout cuts ${name} when no request is open, and only then`, async () => {
    await using test = await TestListener.listen(from, {
      limits: { idleTimeout: 150, headersTimeout: 150 },
    });
    using client = httpClient({ ...from, http2 });
    const url = `https://localhost:${test.port}`;
    const abort = new AbortController();
    // Its own time may be over before it has said anything on a host that has other work.
    const again = async (path: string): Promise<void> => {
      while (!abort.signal.aborted) {
        try {
          await fetch(url + path, { client, signal: abort.signal });
        } catch {
          // It was cut, or is not wanted any more.
        }
      }
    };
    const hang = again("/hang");
    await until(() => test.hanging === 1);
    await delay(600);
    equal(test.hanging, 1);
    equal(test.listener.connections, 1);

    abort.abort();
    await hang;
    await until(() => test.hanging === 0);
    await until(async () =>
      await fetch(`${url}/healthz`, { client })
        .then((response) => response.text()).catch(() => null) === "ok\n"
    );
    await until(() => test.listener.connections === 0);
    ok(!http2 || wasCut(test, "idle"));
  });

  Deno.test(`maxHeaderBytes refuses with 431 over ${name} when headers are larger`, async () => {
    await using test = await TestListener.listen(from, {
      limits: { maxHeaderBytes: 16_384 },
    });
    using client = httpClient({ ...from, http2 });
    const url = `https://localhost:${test.port}/healthz`;
    const sized = (bytes: number) =>
      fetch(url, { client, headers: { x: "a".repeat(bytes) } });
    const good = await sized(14_000);
    equal(await good.text(), "ok\n");
    const refused = await sized(16_384);
    equal(refused.status, 431);
    match(
      refused.headers.get("content-type") ?? "",
      /application\/problem\+json/,
    );
    equal((await refused.json()).code, "INVALID_ARGUMENT");
  });

  Deno.test(`a request closes over ${name} when its peer hangs up`, async () => {
    await using test = await TestListener.listen(from);
    const conn = await openTls(target(test), {
      alpn: [http2 ? "h2" : "http/1.1"],
    });
    await push(
      conn,
      http2
        ? concat([preface(), request("/hang")])
        : text("GET /hang HTTP/1.1\r\nhost: localhost\r\n\r\n"),
    );
    await until(() => test.hanging === 1);
    hangUp(conn);
    await until(() => test.hanging === 0 && test.last?.closed === true);
  });
}

Deno.test("maxConcurrentStreams refuses a stream when so many are open", async () => {
  await using test = await TestListener.listen(from, {
    limits: { maxConcurrentStreams: 3 },
  });
  const conn = await openTls(target(test));
  const requests = [1, 3, 5, 7].map((stream) => request("/hang", { stream }));
  await push(conn, preface());
  // Only a peer that has acknowledged the limit is held to it.
  await readAll(conn, {
    enough: (read) => frameTypes(read()).includes(FRAME.settings),
  });
  await push(
    conn,
    concat([frame(FRAME.settings, { flags: 1 }), ...requests]),
  );
  await readAll(conn, {
    enough: (read) =>
      frameTypes(read()).some((type) =>
        type === FRAME.rst || type === FRAME.goaway
      ),
  });
  ok(test.hanging <= 3);
  hangUp(conn);
});

Deno.test("maxConnections closes a new socket when so many are open", async () => {
  await using test = await TestListener.listen(from, {
    limits: { maxConnections: 2 },
  });
  using first = httpClient(from);
  using second = httpClient(from);
  const url = `https://localhost:${test.port}/healthz`;
  await (await fetch(url, { client: first })).text();
  await (await fetch(url, { client: second })).text();
  const conn = await Deno.connect({ port: test.port });
  ok((await readAll(conn, { withinMs: 30_000 })).closed);
  hangUp(conn);
});

Deno.test("maxUnverified evicts the oldest when strangers fill the room", async () => {
  await using test = await TestListener.listen(from, {
    limits: { maxUnverified: 4, handshakeTimeout: 60_000 },
  });
  using known = httpClient(from);
  const url = `https://localhost:${test.port}/whoami`;
  await (await fetch(url, { client: known })).text();
  const connection = test.last;
  const strangers: Deno.Conn[] = [];
  for (let n = 0; n < 6; n++) {
    strangers.push(await Deno.connect({ port: test.port }));
  }
  await until(() =>
    test.events.filter(({ type }) => type === "cut").length === 2
  );
  // A client gets through a full room, and who is known keeps the connection.
  equal((await ask("/healthz", { port: test.port, ca: from.ca })).text, "ok\n");
  await (await fetch(url, { client: known })).text();
  equal(test.last, connection);
  ok((await readAll(strangers[0]!)).closed);
  for (const stranger of strangers) hangUp(stranger);
});

Deno.test("a peer without a certificate gets the small window when it uploads", async () => {
  await using test = await TestListener.listen(from);
  const conn = await openTls(target(test));
  await push(conn, preface());
  const { bytes } = await readAll(conn, {
    withinMs: 300,
    enough: (read) => frameTypes(read()).includes(FRAME.windowUpdate),
  });
  ok(!frameTypes(bytes).includes(FRAME.windowUpdate));
  hangUp(conn);
});
