import {
  deepEqual,
  equal,
  match,
  ok,
  rejects,
  throws,
} from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { CertificateError } from "../../../certs/errors.ts";
import { connectionOf } from "../../../lib/http/connection.ts";
import { credentials, TestListener } from "../../helpers/listener.ts";
import { ask, httpClient, sClient, until } from "../../helpers/peers.ts";
import { TestCa } from "../../helpers/tls.ts";
import { hangUp, openTls, push, readAll } from "../../hostile/wire.ts";

const from = await credentials();

for (const http2 of [true, false]) {
  const name = http2 ? "HTTP/2" : "HTTP/1.1";

  Deno.test(`TlsListener names the peer over ${name} when its certificate is good`, async () => {
    await using test = await TestListener.listen(from);
    const { ca, client } = from;
    const { text } = await ask("/whoami", {
      port: test.port,
      ca,
      client,
      http2,
    });
    const { name, roles } = JSON.parse(text);
    equal(name, "alice");
    equal(roles[0], "admin");
    equal(test.last?.protocol, http2 ? "h2" : "http/1.1");
    match(test.last?.remoteAddress ?? "", /^127\.0\.0\.1:\d+$/);
  });

  for (
    const [what, client, reason] of [
      ["missing", undefined, /no client certificate was sent/],
      ["foreign", from.evil, /of another authority/],
      ["expired", from.expired, /expired/],
    ] as const
  ) {
    Deno.test(`TlsListener opens only the open routes over ${name} when the certificate is ${what}`, async () => {
      await using test = await TestListener.listen(from);
      const peer = { port: test.port, ca: from.ca, client, http2 };
      equal((await ask("/healthz", peer)).text, "ok\n");
      const { status, text } = await ask("/whoami", peer);
      equal(status, 401);
      equal(JSON.parse(text).code, "UNAUTHENTICATED");
      match(JSON.parse(text).detail, reason);
    });
  }

  Deno.test(`TlsListener answers 500 over ${name} when the handler throws`, async () => {
    await using test = await TestListener.listen(from);
    const { status, text } = await ask("/throw", {
      port: test.port,
      ca: from.ca,
      http2,
    });
    equal(status, 500);
    ok(!text.includes("thrown by the handler"));
    ok(test.events.some(({ type }) => type === "handler_error"));
  });
}

Deno.test("TlsListener speaks HTTP/1.1 when the client names no protocol", async () => {
  await using test = await TestListener.listen(from);
  const conn = await openTls({
    host: "localhost",
    port: test.port,
    ca: from.ca,
  }, { alpn: [] });
  await push(
    conn,
    new TextEncoder().encode(
      "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    ),
  );
  const { bytes } = await readAll(conn);
  match(new TextDecoder().decode(bytes), /^HTTP\/1\.1 200 OK/);
  hangUp(conn);
});

Deno.test("identity() refuses a foreign certificate when the TLS session is resumed", async () => {
  await using test = await TestListener.listen(from);
  const dir = await Deno.makeTempDir();
  await Deno.writeTextFile(`${dir}/evil.pem`, from.evil.cert + from.evil.key);
  const common = ["-cert", `${dir}/evil.pem`, "-alpn", "http/1.1"];
  const request =
    "GET /whoami HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
  const first = await sClient(request, {
    port: test.port,
    args: [...common, "-sess_out", `${dir}/session`],
  });
  match(first, /of another authority/);
  const second = await sClient(request, {
    port: test.port,
    args: [...common, "-sess_in", `${dir}/session`],
  });
  match(second, /Reused, TLSv1\.3/);
  match(second, /of another authority/);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("identity() refuses on an open connection when the certificate is revoked", async () => {
  let revoked = false;
  await using test = await TestListener.listen(from, {
    recheck: ({ name }) => {
      if (revoked) throw new Error(`the certificate of "${name}" is revoked`);
    },
  });
  using client = httpClient(from);
  const url = `https://localhost:${test.port}/whoami`;
  equal((await (await fetch(url, { client })).json()).name, "alice");
  const connection = test.last;
  revoked = true;
  match((await (await fetch(url, { client })).json()).detail, /is revoked/);
  equal(test.last, connection);
});

for (const http2 of [true, false]) {
  const name = http2 ? "HTTP/2" : "HTTP/1.1";

  Deno.test(`cutRevoked() cuts what is under way over ${name} when the certificate was revoked`, async () => {
    let reason: "expired" | "revoked" = "expired";
    await using test = await TestListener.listen(from, {
      recheck: () => {
        throw new CertificateError(reason, "it is not good any more");
      },
    });
    const origin = `https://localhost:${test.port}`;
    using idle = httpClient({ ...from, http2 });
    await (await fetch(`${origin}/healthz`, { client: idle })).text();
    using busy = httpClient({ ...from, http2 });
    const cut = rejects(fetch(`${origin}/hang`, { client: busy }));
    await until(() => test.hanging === 1);
    test.listener.cutRevoked();
    equal(test.events.length, 0);
    reason = "revoked";
    test.listener.cutRevoked();
    await cut;
    await until(() => test.hanging === 0 && test.listener.connections === 1);
    deepEqual(
      test.events.map((event) => event.type === "cut" && event.reason),
      ["revoked"],
    );
  });
}

Deno.test("TlsListener refuses the handshake when the client speaks TLS 1.2", async () => {
  await using test = await TestListener.listen(from);
  const tls12 = { port: test.port, args: ["-tls1_2"] };
  match(await sClient("", tls12), /alert protocol version/);
  test.listener.replaceCertificate({ ...from.server, ca: from.ca });
  match(await sClient("", tls12), /alert protocol version/);
  await until(() => test.events.length === 2);
  equal(test.events[0]?.type, "handshake_failed");
});

Deno.test("replaceCertificate() shows the new one when a client connects and keeps connections", async () => {
  await using test = await TestListener.listen(from);
  using old = httpClient(from);
  const url = `https://localhost:${test.port}/whoami`;
  await (await fetch(url, { client: old })).text();
  const connection = test.last;
  const ca = await TestCa.create("next ca");
  const server = await ca.issue("server", { usage: "server" });
  test.listener.replaceCertificate({ ...server, ca: from.ca + ca.cert });

  const { text } = await ask("/whoami", {
    port: test.port,
    ca: ca.cert,
    client: from.client,
  });
  equal(JSON.parse(text).name, "alice");
  await rejects(ask("/whoami", { port: test.port, ca: from.ca }));
  await (await fetch(url, { client: old })).text();
  equal(test.last, connection);
});

for (const http2 of [true, false]) {
  const name = http2 ? "HTTP/2" : "HTTP/1.1";

  Deno.test(`close() lets a download finish over ${name} when one is open`, async () => {
    await using test = await TestListener.listen(from);
    using client = httpClient({ ...from, http2 });
    const url = `https://localhost:${test.port}`;
    const response = await fetch(`${url}/bytes?n=50000000`, { client });
    const closed = test.listener.close();
    equal((await response.arrayBuffer()).byteLength, 50_000_000);
    await closed;
    equal(test.listener.connections, 0);
    // Nobody accepts, but until its owner closes it the socket lets people queue.
    test.socket[Symbol.dispose]();
    await rejects(fetch(`${url}/healthz`, { client }));
  });

  Deno.test(`close() cuts a request over ${name} when the deadline is over`, async () => {
    await using test = await TestListener.listen(from);
    using client = httpClient({ ...from, http2 });
    const hang = fetch(`https://localhost:${test.port}/hang`, { client });
    const failed = rejects(hang);
    await until(() => test.hanging === 1);
    await test.listener.close({ deadlineMs: 50 });
    await failed;
    equal(test.hanging, 0);
  });
}

Deno.test("close() resolves at once when only idle connections and handshakes are open", async () => {
  await using test = await TestListener.listen(from);
  using http1 = httpClient({ ...from, http2: false });
  using http2 = httpClient(from);
  for (const client of [http1, http2]) {
    const url = `https://localhost:${test.port}/healthz`;
    await (await fetch(url, { client })).text();
  }
  using _handshake = await Deno.connect({ port: test.port });
  await test.listener.close({ deadlineMs: 600_000 });
});

Deno.test("connectionOf() throws when the request is not a listener's", () => {
  throws(
    () => connectionOf(new IncomingMessage(new Socket())),
    TypeError,
  );
});
