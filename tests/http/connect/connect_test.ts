import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Socket } from "node:net";
import { connectionOf } from "../../../lib/http/connection.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { connect, readAll, secure } from "./connect_client.ts";
import { ConnectNetwork, credentialsOf } from "./connect_network.ts";
import { servedAnswer } from "../served_answer.ts";

const alice = await credentialsOf("alice", "user");
const bob = await credentialsOf("bob", "user");
const MIB = 1 << 20;
const GET = "GET /hang HTTP/1.1\r\nhost: web-1\r\n\r\n";

for (const protocol of ["http2", "http1.1"]) {
  Deno.test(`curl speaks ${protocol} with a node through CONNECT, authenticated by both`, async () => {
    await using network = await ConnectNetwork.start();
    const { stdout, stderr, code } = await network.curl(
      [`--${protocol}`, "https://web-1:7443/v1/jobs"],
      { proxy: alice, node: bob },
    );
    equal(code, 0, stderr);
    const { remoteAddress, ...rest } = JSON.parse(stdout);
    deepEqual(rest, {
      name: "bob",
      kind: "user",
      protocol: protocol === "http2" ? "h2" : "http/1.1",
    });
    match(remoteAddress, /^127\.0\.0\.1:\d+$/);
    const [record, ...more] = network.audited;
    deepEqual(more, []);
    equal(record?.from, remoteAddress);
    equal(record?.actor?.name, "alice");
    deepEqual(
      [record?.action, record?.result, record?.status, record?.detail],
      ["node.connect", "ok", 200, { target: "web-1:7443", node: "web-1" }],
    );
  });

  for (const node of ["web-1", "localhost"]) {
    const where = node === "localhost" ? "this very daemon" : "a tunnel";
    Deno.test(`CONNECT over ${where} carries all bytes of ${protocol}, both ways`, async () => {
      await using network = await ConnectNetwork.start();
      const url = `https://${node}:7443`;
      const down = await network.curl(
        [`--${protocol}`, `${url}/bytes?n=${48 * MIB}`],
        { proxy: alice, node: bob },
      );
      equal(down.code, 0, down.stderr);
      equal(down.bytes.length, 48 * MIB);
      const up = await network.curl(
        [`--${protocol}`, `${url}/upload`, "--data-binary", "@-"],
        { proxy: alice, node: bob, stdin: new Uint8Array(48 * MIB) },
      );
      equal(up.stdout, String(48 * MIB), up.stderr);
      await waitFor("no stream", () => network.connect.streams === 0);
      await waitFor("no stream", () => network.streams.streams === 0);
      await waitFor("no connection", () => network.inner.connections === 0);
    });
  }
}

Deno.test("the node itself refuses a client that shows it no certificate or that of a stranger", async () => {
  await using network = await ConnectNetwork.start();
  const { stdout } = await network.curl(["https://web-1:7443/"], {
    proxy: alice,
  });
  equal(JSON.parse(stdout).code, "UNAUTHENTICATED");
});

Deno.test("a client that expects another node behind the name refuses the one that answers", async () => {
  await using network = await ConnectNetwork.start({
    nodes: { route: () => Promise.resolve(network.route("web-1")) },
  });
  const { code, stderr } = await network.curl(["https://web-2:7443/"], {
    proxy: alice,
    node: bob,
  });
  equal(code, 60, stderr);
});

Deno.test("a client that reads nothing holds its own node's answer back, and no other one's", async () => {
  let written = 0;
  await using network = await ConnectNetwork.start({
    handler: async (incoming, outgoing) => {
      if (incoming.url !== "/endless") {
        return await servedAnswer(incoming, outgoing);
      }
      const response = outgoing as import("node:http").ServerResponse;
      const connection = connectionOf(incoming);
      const bytes = new Uint8Array(64 * 1024);
      while (!connection.closed && !response.destroyed) {
        written += bytes.length;
        if (response.write(bytes)) await connection.drained();
        else await new Promise((resolve) => response.once("drain", resolve));
      }
    },
  });
  const [program, ...args] = await network.curlCommand(
    ["--output", "/dev/null", "https://web-1:7443/endless"],
    { proxy: alice, node: bob },
  );
  // A process of its own, because a paused socket of this runtime reads on.
  const stuck = new Deno.Command(program!, { args }).spawn();
  try {
    await waitFor("the answer", () => written > 0);
    stuck.kill("SIGSTOP");
    const before = written;
    const other = await network.curl(
      [`https://web-1:7443/bytes?n=${48 * MIB}`],
      { proxy: alice, node: bob },
    );
    equal(other.bytes.length, 48 * MIB);
    const more = written - before;
    ok(more < 32 * MIB, `${more} bytes were written for nobody`);
  } finally {
    stuck.kill("SIGKILL");
    await stuck.status;
  }
  await waitFor("no connection", () => network.inner.connections === 0);
});

for (const node of ["web-1", "localhost"]) {
  Deno.test(`a node that does not read holds its client back when that asked for ${node}`, async () => {
    await using network = await ConnectNetwork.start();
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += MIB;
        controller.enqueue(new Uint8Array(MIB));
      },
    });
    const [program, ...args] = await network.curlCommand(
      ["--http1.1", "--upload-file", "-", `https://${node}:7443/hang`],
      { proxy: alice, node: bob },
    );
    const client = new Deno.Command(program!, { args, stdin: "piped" }).spawn();
    const feeding = endless.pipeTo(client.stdin).catch(() => {});
    try {
      await waitFor("the request", () => sent > 4 * MIB);
      const other = await network.curl(
        [`https://${node}:7443/upload`, "--data-binary", "@-"],
        { proxy: alice, node: bob, stdin: new Uint8Array(48 * MIB) },
      );
      equal(other.stdout, String(48 * MIB), other.stderr);
      ok(sent < 32 * MIB, `${sent} bytes were taken by nobody`);
    } finally {
      client.kill("SIGKILL");
      await client.status;
      await feeding;
    }
  });

  Deno.test(`a client that vanishes ends its connection at the node when it asked for ${node}`, async () => {
    await using network = await ConnectNetwork.start();
    const stream = await connect({
      ...{ port: network.port, target: `${node}:7443`, user: alice },
    });
    const inner = await secure(stream, { node, user: bob });
    inner.write(GET);
    await waitFor("the stream", () => network.connect.streams === 1);
    stream.socket.destroy();
    await waitFor("no stream", () => network.connect.streams === 0);
    await waitFor("no stream", () => network.streams.streams === 0);
    await waitFor("no connection", () => network.inner.connections === 0);
    // The tunnel alone is left.
    await waitFor("no connection", () => network.listener.connections === 1);
  });

  Deno.test(`a client may end its half and still be answered when it asked for ${node}`, async () => {
    await using network = await ConnectNetwork.start({
      accept: (socket: Socket) => {
        let received = "";
        socket.allowHalfOpen = true;
        socket.setEncoding("latin1");
        socket.on("data", (text) => received += text);
        socket.on("end", () => socket.end(`got ${received}`));
      },
    });
    using stream = await connect({
      ...{ port: network.port, target: `${node}:7443`, user: alice },
      early: "early, ",
    });
    stream.socket.end("late");
    equal(await readAll(stream.socket), "got early, late");
    await waitFor("no stream", () => network.connect.streams === 0);
    await waitFor("no stream", () => network.streams.streams === 0);
  });

  Deno.test(`a client that says nothing is cut off by the node's own time when it asked for ${node}`, async () => {
    await using network = await ConnectNetwork.start({
      limits: { handshakeTimeout: 2_000, headersTimeout: 10_000 },
    });
    using stream = await connect({
      ...{ port: network.port, target: `${node}:7443`, user: alice },
    });
    equal(stream.status, 200);
    equal(await readAll(stream.socket), "");
    await waitFor("no stream", () => network.connect.streams === 0);
    await waitFor("no stream", () => network.streams.streams === 0);
  });
}

Deno.test("a tunnel that breaks cuts its streams off at both ends", async () => {
  await using network = await ConnectNetwork.start();
  using stream = await connect({
    ...{ port: network.port, target: "web-1:7443", user: alice },
  });
  const inner = await secure(stream, { node: "web-1", user: bob });
  inner.write(GET);
  const rest = readAll(inner);
  await network.tunnel.close();
  equal(await rest, "");
  await waitFor("no stream", () => network.connect.streams === 0);
  await waitFor("no connection", () => network.inner.connections === 0);
});

Deno.test("a listener that ends lets a stream go on until its deadline", async () => {
  await using network = await ConnectNetwork.start();
  using stream = await connect({
    ...{ port: network.port, target: "web-1:7443", user: alice },
  });
  const inner = await secure(stream, { node: "web-1", user: bob });
  const ended = network.listener.close({ deadlineMs: 60_000 });
  inner.write("GET / HTTP/1.1\r\nhost: web-1\r\nconnection: close\r\n\r\n");
  match(await readAll(inner), /"name":"bob"/);
  await network.tunnel.close();
  await ended;
});
