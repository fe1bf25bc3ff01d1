import { equal, match, ok, rejects } from "node:assert/strict";
import tls from "node:tls";
import { CertificateAuthority } from "../../certs/authority.ts";
import { dialProxy } from "../../lib/tunnel/dial_proxy.ts";
import {
  dialAs,
  TestProxy,
  tunnelCredentials,
  verifierFor,
} from "../helpers/tunnels.ts";
import { waitFor } from "../helpers/wait_for.ts";

const DAY = 86_400_000;

/** Dials with these credentials and says why it was refused. */
async function refused(
  make: () => ReturnType<typeof tunnelCredentials>,
): Promise<string> {
  await using proxy = await TestProxy.start();
  await using node = await dialAs("web-1", {
    address: proxy.address,
    credentials: await make(),
  });
  const reason = await node.closed;
  equal(proxy.server.registry.size, 0);
  const event = await waitFor("the event", () => proxy.events[0]);
  ok(event.type === "refused");
  ok(reason?.includes(event.message));
  equal(event.identity === null, event.code === "UNAUTHENTICATED");
  return event.message;
}

Deno.test("accept() refuses the certificate of a user and says so", async () => {
  match(
    await refused(() => tunnelCredentials("alice", { kind: "user" })),
    /certificate of "alice" is that of a user: only nodes/,
  );
});

Deno.test("accept() refuses the certificate of a node that another authority issued", async () => {
  const authority = await CertificateAuthority.create({ cluster: "test" });
  match(
    await refused(() => tunnelCredentials("web-1", { authority })),
    /not issued by an authority that is trusted/,
  );
});

Deno.test("accept() refuses a certificate that has expired", async () => {
  const now = () => Date.now() - 30 * DAY;
  match(
    await refused(() => tunnelCredentials("web-1", { now, ttl: DAY })),
    /expired/,
  );
});

Deno.test("accept() refuses a peer without a certificate", async () => {
  await using proxy = await TestProxy.start();
  const { ca } = await tunnelCredentials("web-1");
  const socket = tls.connect({
    ...{ host: "127.0.0.1", port: Number(proxy.address.split(":")[1]), ca },
    ALPNProtocols: ["worker-tunnel/1"],
    rejectUnauthorized: false,
  });
  socket.on("error", () => {});
  socket.resume();
  const closed = Promise.withResolvers<void>();
  socket.once("close", () => closed.resolve());
  const event = await waitFor("the event", () => proxy.events[0]);
  ok(event.type === "refused");
  match(event.message, /no client certificate/);
  await closed.promise;
});

Deno.test("accept() refuses nodes when the proxy shuts down", async () => {
  await using proxy = await TestProxy.start();
  await proxy.server.drain();
  await using node = await dialAs("web-1", { address: proxy.address });
  match(await node.closed ?? "", /shuts down/);
  const [event] = proxy.events;
  ok(event?.type === "refused" && event.code === "UNAVAILABLE");
});

Deno.test("dialProxy() refuses a proxy of another authority, or a server that is none", async () => {
  const other = await CertificateAuthority.create({ cluster: "test" });
  const foreign = await tunnelCredentials("proxy-1", {
    kind: "proxy",
    authority: other,
  });
  await rejects(dialTo(foreign), /not issued by an authority that is trusted/);
  const user = await tunnelCredentials("alice", { kind: "user" });
  await rejects(dialTo(user), /not for a server/);
});

Deno.test("dialProxy() tells the proxy's id before anything was sent", async () => {
  await using proxy = await TestProxy.start({ proxy: "proxy-7" });
  const credentials = await tunnelCredentials("web-1");
  const { identity, socket } = await dialProxy(proxy.address, {
    credentials,
    verifier: await verifierFor(credentials.ca),
    signal: AbortSignal.timeout(10_000),
  });
  equal(identity.name, "proxy-7");
  equal(identity.kind, "proxy");
  equal(socket.bytesWritten, 0);
  const closed = Promise.withResolvers<void>();
  socket.once("close", () => closed.resolve());
  socket.destroy();
  await closed.promise;
  await waitFor(
    "its end at the proxy",
    () => proxy.events.some(({ type }) => type === "abandoned"),
  );
  equal(proxy.server.registry.size, 0);
});

Deno.test("dialProxy() gives up when the handshake takes too long, and when its signal aborts", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  const credentials = await tunnelCredentials("web-1");
  const verifier = await verifierFor(credentials.ca);
  const { signal } = new AbortController();
  const accepted = listener.accept();
  await rejects(
    dialProxy(address, {
      ...{ credentials, verifier, signal },
      handshakeTimeoutMs: 50,
    }),
    /no handshake within 50 ms/,
  );
  (await accepted).close();
  const abort = new AbortController();
  const next = listener.accept();
  const dial = dialProxy(address, {
    ...{ credentials, verifier },
    signal: abort.signal,
  });
  const conn = await next;
  abort.abort(new Error("not wanted"));
  await rejects(dial, /not wanted/);
  conn.close();
  await rejects(
    dialProxy("nowhere", { credentials, verifier, signal }),
    /"nowhere": it is not a host and a port/,
  );
});

Deno.test("dialProxy() says so when the server offers no tunnels", async () => {
  const { ca, cert, key } = await tunnelCredentials("proxy-1", {
    kind: "proxy",
  });
  const server = tls.createServer({ ca, cert, key, ALPNProtocols: ["h2"] });
  server.on("tlsClientError", () => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = server.address() as { port: number };
  const credentials = await tunnelCredentials("web-1");
  await rejects(
    dialProxy(`127.0.0.1:${port}`, {
      credentials,
      verifier: await verifierFor(ca),
      signal: AbortSignal.timeout(10_000),
    }),
    /could not open a tunnel to "127\.0\.0\.1:\d+"/,
  );
  server.close();
});

async function dialTo(
  credentials: Awaited<ReturnType<typeof tunnelCredentials>>,
): Promise<unknown> {
  await using proxy = await TestProxy.start({ credentials });
  return await dialAs("web-1", { address: proxy.address });
}
