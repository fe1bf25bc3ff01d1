/** Peers with a good certificate that don't keep to the protocol. */
import { equal, match, ok } from "node:assert/strict";
import http2 from "node:http2";
import type { TLSSocket } from "node:tls";
import { AgentTunnel } from "../../lib/tunnel/agent_tunnel.ts";
import { deferClose } from "../../lib/http/listener/defer_close.ts";
import { type DialledProxy, dialProxy } from "../../lib/tunnel/dial_proxy.ts";
import {
  answer,
  dialAs,
  TestProxy,
  tunnelCredentials,
  verifierFor,
} from "../helpers/tunnels.ts";
import { waitFor } from "../helpers/wait_for.ts";

const GOAWAY = 7;

async function dial(proxy: TestProxy): Promise<TLSSocket> {
  return (await dialled(proxy)).socket;
}

async function dialled(proxy: TestProxy): Promise<DialledProxy> {
  const credentials = await tunnelCredentials("web-1");
  return await dialProxy(proxy.address, {
    credentials,
    verifier: await verifierFor(credentials.ca),
    signal: new AbortController().signal,
  });
}

function whenClosed(socket: TLSSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once("close", () => resolve());
  socket.resume();
  return promise;
}

/** The proxy still takes a tunnel of somebody with good manners. */
async function stillServes(proxy: TestProxy): Promise<void> {
  await using _node = await dialAs("web-2", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-2");
  const { status, body } = await tunnel.request({
    ...{ method: "GET", path: "/", headers: {} },
  });
  equal(status, 200);
  body.cancel();
}

Deno.test("TunnelServer cuts a node that sends garbage after the handshake", async () => {
  await using proxy = await TestProxy.start();
  for (let each = 0; each < 20; each++) {
    const socket = await dial(proxy);
    socket.write(crypto.getRandomValues(new Uint8Array(4_000)));
    await whenClosed(socket);
  }
  equal(proxy.server.registry.size, 0);
  await stillServes(proxy);
});

Deno.test("TunnelServer cuts a node that says no hello", async () => {
  await using proxy = await TestProxy.start({ helloTimeoutMs: 50 });
  await whenClosed(await dial(proxy));
  const event = await waitFor("the event", () => proxy.events[0]);
  match(event.type === "closed" ? event.reason ?? "" : "", /no hello in time/);
});

Deno.test("TunnelServer cuts a node that says anything but a hello", async () => {
  for (
    const text of [
      "{}\n",
      "no json\n",
      '{"type":"stats","open":0,"total":0}\n',
      '{"type":"hello"}\n',
      "x".repeat(5 << 20),
    ]
  ) {
    await using proxy = await TestProxy.start();
    const socket = await dial(proxy);
    const server = http2.createServer((_, outgoing) => outgoing.write(text));
    server.on("session", (session) => {
      deferClose(session);
      session.on("error", () => {});
      session.on("stream", (stream) => stream.on("error", () => {}));
    });
    server.on("sessionError", () => {});
    server.emit("connection", socket);
    const event = await waitFor("the event", () => proxy.events[0]);
    ok(event.type === "closed" && event.reason !== null);
    equal(proxy.server.registry.size, 0);
    socket.destroy();
  }
});

Deno.test("TunnelSession ends, and the process lives, when nodes send GOAWAY of all kinds", async () => {
  await using proxy = await TestProxy.start();
  for (let each = 0; each < 60; each++) {
    const dialling = await dialled(proxy);
    const node = new AgentTunnel(dialling, {
      ...{ node: "web-1", labels: {}, handler: answer },
    });
    node.serve();
    const tunnel = await proxy.tunnel("web-1");
    const bodies = await Promise.all(
      ["/part", "/part", "/part"].map(async (path) =>
        (await tunnel.request({ method: "GET", path, headers: {} })).body
      ),
    );
    const payload = new Uint8Array(8);
    const view = new DataView(payload.buffer);
    view.setUint32(0, each % 3 === 0 ? 0 : each % 3 === 1 ? 3 : 0x7fffffff);
    view.setUint32(4, each % 14);
    const frame = new Uint8Array(17);
    new DataView(frame.buffer).setUint32(0, payload.length << 8 | GOAWAY);
    frame.set(payload, 9);
    // Into the bytes of a live session, as often as it takes.
    for (let times = 0; times <= each % 4; times++) {
      dialling.socket.write(frame);
    }
    await waitFor("not open", () => tunnel.status.state !== "open");
    for (const body of bodies) body.cancel();
    await tunnel.closed;
    await node.close();
  }
  await stillServes(proxy);
});
