import { deepEqual, equal, match } from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import { WorkerError } from "../../../lib/api/errors.ts";
import type { NodeRoute } from "../../../lib/http/forwarding/node_router.ts";
import type { TunnelCredentials } from "../../../lib/tunnel/mod.ts";
import { credentials, TestListener } from "../../helpers/listener.ts";
import { openTls, push, readAll as readAllOf } from "../../hostile/wire.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { connect, connectOn, dial, readAll, secure } from "./connect_client.ts";
import { ConnectNetwork, credentialsOf } from "./connect_network.ts";
import { FloodedProxy } from "../forwarding/flooded_proxy.ts";

const alice = await credentialsOf("alice", "user");
const bob = await credentialsOf("bob", "user");
const node = await credentialsOf("web-1", "node");

/** What is refused: who asks, for what, and how it is answered and recorded. */
const REFUSED: readonly {
  what: string;
  user?: TunnelCredentials;
  target?: string;
  code: string;
  status: number;
  detail: RegExp;
  result: "refused" | "failed";
}[] = [
  {
    what: "no certificate",
    code: "UNAUTHENTICATED",
    status: 401,
    detail: /no client certificate was sent/,
    result: "refused",
  },
  {
    what: "the certificate of a node",
    user: node,
    code: "PERMISSION_DENIED",
    status: 403,
    detail: /the certificate of "web-1" belongs to a node, not to a user/,
    result: "refused",
  },
  {
    what: "another port of a node",
    user: alice,
    target: "web-1:22",
    code: "PERMISSION_DENIED",
    status: 403,
    detail: /cannot connect to port 22 of "web-1": .* only, 7443$/,
    result: "refused",
  },
  ...["web-2:7443", "example.com:443", "192.0.2.1:7443", "[::1]:7443"].map((
    target,
  ) => ({
    what: `"${target}", which is no node`,
    user: alice,
    target,
    code: "NOT_FOUND",
    status: 404,
    detail: /there is no node/,
    result: "failed" as const,
  })),
  ...[
    ...["web-1", "web-1:", "web-1:0", "web-1:65536", "web-1:07443"],
    ...[":7443", "web-1:7443:7443", "bob@web-1:7443", "web-1:7443/v1/jobs"],
    ...["https://web-1:7443/", "[::1:7443", "env=prod:7443", "-web-1:7443"],
  ].map((target) => ({
    what: `"${target}", which is no host and port`,
    user: alice,
    target,
    code: "INVALID_ARGUMENT",
    status: 400,
    detail: /name a node and its port, for example "web-1:7443"/,
    result: "failed" as const,
  })),
];

Deno.test("CONNECT is refused with a problem document, and recorded", async (test) => {
  await using network = await ConnectNetwork.start();
  for (const { what, user, target = "web-1:7443", ...expected } of REFUSED) {
    await test.step(`when it is asked with ${what}`, async () => {
      network.audited.length = 0;
      using refused = await connect({ port: network.port, target, user });
      const { code, status, detail, result } = expected;
      equal(refused.status, status);
      equal(refused.problem.code, code);
      equal(refused.problem.status, status);
      match(refused.problem.detail ?? "", detail);
      deepEqual(
        network.audited.map((record) => [
          record.action,
          record.result,
          record.status,
          record.code,
          record.detail,
        ]),
        [["node.connect", result, status, code, { target }]],
      );
    });
  }
  equal(network.connect.streams, 0);
});

Deno.test("CONNECT is answered UNAVAILABLE when the node is offline", async () => {
  await using network = await ConnectNetwork.start();
  await network.tunnel.close();
  await waitFor("no tunnel", () => network.tunnels.registry.size === 0);
  const { code, stderr } = await network.curl(["https://web-1:7443/"], {
    proxy: alice,
    node: bob,
  });
  equal(code, 56);
  match(stderr, /response 503/);
});

Deno.test("CONNECT is answered as the node says when it takes no more streams", async () => {
  await using network = await ConnectNetwork.start({ maxStreams: 0 });
  using refused = await connect({
    ...{ port: network.port, target: "web-1:7443", user: alice },
  });
  equal(refused.problem.code, "RESOURCE_EXHAUSTED");
  match(refused.problem.detail ?? "", /streams to this node are open already/);
});

Deno.test("CONNECT gives up when the way does not open in time", async () => {
  await using network = await ConnectNetwork.start({
    openTimeoutMs: 50,
    nodes: {
      route: (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    },
  });
  using refused = await connect({
    ...{ port: network.port, target: "web-1:7443", user: alice },
  });
  equal(refused.problem.code, "UNAVAILABLE");
  match(refused.problem.detail ?? "", /took no stream within 50 ms/);
});

Deno.test("CONNECT ends the way at once when its client leaves before it is open", async () => {
  const left = Promise.withResolvers<unknown>();
  const asked = Promise.withResolvers<void>();
  await using network = await ConnectNetwork.start({
    nodes: {
      route: (_, { signal }) =>
        new Promise<NodeRoute>((_, reject) => {
          asked.resolve();
          signal.addEventListener("abort", () => {
            left.resolve(signal.reason);
            reject(signal.reason);
          });
        }),
    },
  });
  const socket = await dial({ port: network.port, user: alice });
  socket.write("CONNECT web-1:7443 HTTP/1.1\r\nhost: web-1\r\n\r\n");
  await asked.promise;
  socket.destroy();
  match(String(await left.promise), /the client has gone/);
  await waitFor("nothing", () => network.connect.streams === 0);
});

Deno.test("CONNECT takes a port that the node listens on itself", async () => {
  await using network = await ConnectNetwork.start({ ports: () => [8443] });
  using stream = await connect({
    ...{ port: network.port, target: "web-1:8443", user: alice },
  });
  equal(stream.status, 200);
  await secure(stream, { node: "web-1", user: bob });
});

Deno.test("CONNECT refuses a user who has too many streams, and no other one", async () => {
  await using network = await ConnectNetwork.start({ maxPerUser: 2 });
  const ask = (user: TunnelCredentials) =>
    connect({ port: network.port, target: "web-1:7443", user });
  using first = await ask(alice);
  using second = await ask(alice);
  equal(second.status, 200);
  using third = await ask(alice);
  equal(third.problem.code, "RESOURCE_EXHAUSTED");
  match(
    third.problem.detail ?? "",
    /"alice" has 2 streams through this proxy already/,
  );
  using other = await ask(bob);
  equal(other.status, 200);
  first.socket.destroy();
  await waitFor("room", () => network.connect.streams === 2);
  using again = await ask(alice);
  equal(again.status, 200);
});

Deno.test("CONNECT is refused when the proxy shuts down", async () => {
  await using network = await ConnectNetwork.start();
  const socket = await dial({ port: network.port, user: alice });
  await waitFor("both", () => network.listener.connections === 2);
  const closed = network.listener.close();
  using refused = await connectOn(socket, { target: "web-1:7443" });
  equal(refused.problem.code, "UNAVAILABLE");
  match(refused.problem.detail ?? "", /connect through another one/);
  await network.tunnel.close();
  await closed;
});

Deno.test("CONNECT behind a request that is not answered yet ends the connection", async () => {
  await using network = await ConnectNetwork.start();
  const socket = await dial({ port: network.port, user: alice });
  socket.write(
    "GET /hang HTTP/1.1\r\nhost: a\r\n\r\nCONNECT web-1:7443 HTTP/1.1\r\nhost: a\r\n\r\n",
  );
  equal(await readAll(socket), "");
  socket.destroy();
  equal(network.connect.streams, 0);
});

Deno.test("CONNECT of HTTP/2 is answered that it takes HTTP/1.1", async () => {
  await using network = await ConnectNetwork.start();
  const session = http2.connect(`https://localhost:${network.port}`, alice);
  const stream = session.request({
    ":method": "CONNECT",
    ":authority": "web-1:7443",
  });
  const [headers] = await once(stream, "response");
  equal(headers[":status"], 501);
  let body = "";
  for await (const bytes of stream) body += bytes;
  equal(JSON.parse(body).code, "UNSUPPORTED");
  match(JSON.parse(body).detail, /over HTTP\/1\.1/);
  const closed = once(session, "close");
  session.close();
  await closed;
});

Deno.test("a listener that is no proxy's refuses CONNECT", async () => {
  const from = await credentials();
  await using test = await TestListener.listen(from);
  const conn = await openTls(
    { host: "localhost", port: test.port, ca: from.ca, client: from.client },
    { alpn: ["http/1.1"] },
  );
  await push(
    conn,
    new TextEncoder().encode("CONNECT a:7443 HTTP/1.1\r\nhost: a\r\n\r\n"),
  );
  const text = new TextDecoder().decode((await readAllOf(conn)).bytes);
  match(text, /^HTTP\/1\.1 501 .*"code":"UNSUPPORTED"/s);
  conn.close();
});

Deno.test("10,000 that CONNECT at once are bounded", async () => {
  const flood = new FloodedProxy({ maxPerUser: 64 });
  for (let i = 0; i < 10_000; i++) flood.connect();
  await waitFor("answers", () => flood.answers.length === 10_000 - 64);
  equal(flood.proxy.streams, 64);
  equal(flood.asked, 64);
  equal(
    flood.answers.filter((answer) => !answer.startsWith("HTTP/1.1 429 "))
      .length,
    0,
  );
  flood.end(new WorkerError("NOT_FOUND", "there is no node"));
  await waitFor("nothing", () => flood.proxy.streams === 0);
});
