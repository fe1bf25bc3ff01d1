import { equal, match } from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import tls from "node:tls";
import { STREAM_PATH } from "../../../lib/api/tunnel_protocol.ts";
import type { TunnelCredentials } from "../../../lib/tunnel/mod.ts";
import { readAll } from "./connect_client.ts";
import { ConnectNetwork, credentialsOf } from "./connect_network.ts";

const alice = await credentialsOf("alice", "user");
const bob = await credentialsOf("bob", "user");
const node = await credentialsOf("web-1", "node");

/** Asks the proxy's own port for a stream, over HTTP/2. */
async function openStream(port: number, user: TunnelCredentials) {
  const session = http2.connect(`https://localhost:${port}`, user);
  const stream = session.request(
    { ":method": "POST", ":path": STREAM_PATH },
    { endStream: false },
  );
  const [headers] = await once(stream, "response");
  return {
    stream,
    status: headers[":status"] as number,
    async [Symbol.asyncDispose]() {
      const closed = once(session, "close");
      stream.close();
      session.close();
      await closed;
    },
  };
}

for (const user of [alice, node]) {
  const kind = user === node ? "node" : "user";
  Deno.test(`a stream is refused when a ${kind} asks for it`, async () => {
    await using network = await ConnectNetwork.start();
    await using asked = await openStream(network.port, user);
    equal(asked.status, 403);
    const [record] = network.audited;
    equal(record?.action, "node.connect");
    equal(record?.result, "refused");
    equal(record?.code, "PERMISSION_DENIED");
    match(record?.message ?? "", new RegExp(`to a ${kind}: only a proxy`));
  });
}

Deno.test("a stream is taken from a proxy that connects to the node's own address", async () => {
  await using network = await ConnectNetwork.start();
  const proxy = await credentialsOf("proxy-2", "proxy");
  await using asked = await openStream(network.port, proxy);
  equal(asked.status, 200);
  const inner = tls.connect({
    ...{ socket: asked.stream as unknown as tls.TLSSocket, ...bob },
    servername: "web-1",
    ALPNProtocols: ["http/1.1"],
  });
  inner.write("GET / HTTP/1.1\r\nhost: web-1\r\nconnection: close\r\n\r\n");
  match(await readAll(inner), /"name":"bob".*"remoteAddress":"unknown"/);
});
