import { equal, notEqual } from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import { socketPair } from "../../../lib/linux/socket_pair.ts";
import { credentials, TestListener } from "../../helpers/listener.ts";
import { TestCa } from "../../helpers/tls.ts";
import { waitFor } from "../../helpers/wait_for.ts";

const from = await credentials();

/** A client at one end of a pair whose other end the listener has. */
async function client(
  { listener }: TestListener,
  { remoteAddress, ca = from.ca }: { remoteAddress: string; ca?: string },
): Promise<TLSSocket> {
  const [ours, theirs] = socketPair();
  listener.accept(theirs, { remoteAddress });
  const socket = tls.connect({
    ...{ socket: ours, ca, servername: "localhost", ...from.client },
    ALPNProtocols: ["http/1.1"],
  });
  await once(socket, "secureConnect");
  return socket;
}

async function get(socket: TLSSocket, path: string): Promise<void> {
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  await once(socket, "data");
}

Deno.test("accept() serves sockets of one address side by side", async () => {
  await using test = await TestListener.listen(from);
  const remoteAddress = "192.0.2.1:1234";
  const one = await client(test, { remoteAddress });
  const other = await client(test, { remoteAddress });
  await get(one, "/whoami");
  equal(test.last?.remoteAddress, remoteAddress);
  equal(test.last?.identity().name, "alice");
  const first = test.last;
  await get(other, "/whoami");
  notEqual(test.last, first);
  equal(test.listener.connections, 2);
  one.destroy();
  await waitFor("one", () => test.listener.connections === 1);
  await get(other, "/whoami");
  other.destroy();
  await waitFor("none", () => test.listener.connections === 0);
});

Deno.test("accept() uses the certificate that was put in the place of the first", async () => {
  await using test = await TestListener.listen(from);
  const before = await client(test, { remoteAddress: "192.0.2.1:1" });
  const ca = await TestCa.create("another ca");
  const server = await ca.issue("server", { usage: "server" });
  test.listener.replaceCertificate({ ...server, ca: ca.cert });
  const after = await client(test, {
    remoteAddress: "192.0.2.1:2",
    ca: ca.cert,
  });
  await get(before, "/healthz");
  before.destroy();
  after.destroy();
});

Deno.test("accept() counts what it is given as connections, and close() ends them", async () => {
  await using test = await TestListener.listen(from, {
    limits: { maxConnections: 1 },
  });
  const socket = await client(test, { remoteAddress: "192.0.2.1:1" });
  const [ours, theirs] = socketPair();
  test.listener.accept(theirs, { remoteAddress: "192.0.2.1:2" });
  await ended(ours);
  const closed = once(socket, "end");
  socket.resume();
  await test.listener.close();
  await closed;
  const [late, refused] = socketPair();
  test.listener.accept(refused, { remoteAddress: "192.0.2.1:3" });
  await ended(late);
});

async function ended(socket: Socket): Promise<void> {
  socket.on("error", () => {});
  const closed = once(socket, "close");
  socket.resume();
  await closed;
}
