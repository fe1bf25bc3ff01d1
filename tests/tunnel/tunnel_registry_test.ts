import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { ProxyInfo } from "../../lib/tunnel/proxy_info.ts";
import {
  dialAs,
  TestProxy,
  tunnelCredentials,
  verifierFor,
} from "../helpers/tunnels.ts";
import { tunnelDialler } from "../../lib/tunnel/tunnel_dialler.ts";
import { answer } from "../helpers/tunnels.ts";
import { waitFor } from "../helpers/wait_for.ts";

const get = (path: string) => ({ method: "GET", path, headers: {} });

const info = (id: string): ProxyInfo => ({
  ...{ id, group: "default", generation: 1 },
  addresses: ["10.0.0.1:7443"],
  ttlMs: 180_000,
});

Deno.test("TunnelRegistry puts the newest session of a node in the place of the older one", async () => {
  await using proxy = await TestProxy.start();
  await using older = await dialAs("web-1", { address: proxy.address });
  const first = await proxy.tunnel("web-1");
  const hanging = rejects(first.request(get("/hang")), /broke/);
  await waitFor("the request", () => older.requests.open === 1);
  await using _newer = await dialAs("web-1", { address: proxy.address });
  const second = await waitFor("the newer one", () => {
    const now = proxy.server.registry.get("web-1");
    return now !== first && now;
  });
  await hanging;
  match(await first.closed ?? "", /displaced by a newer connection/);
  await older.closed;
  equal((await second.request(get("/"))).status, 200);
  equal(proxy.server.registry.get("web-1"), second);
});

Deno.test("TunnelRegistry lets an older session that drains end what is under way", async () => {
  await using proxy = await TestProxy.start();
  const older = await dialAs("web-1", { address: proxy.address });
  const first = await proxy.tunnel("web-1");
  const gate = Promise.withResolvers<void>();
  const { body } = await first.request({
    ...get("/echo"),
    method: "POST",
    body: async function* () {
      yield new Uint8Array(1_000);
      await gate.promise;
      yield new Uint8Array(1_000);
    }(),
  });
  const drained = older.drain({ deadlineMs: 60_000 });
  await waitFor("draining", () => first.status.state === "draining");
  const { registry } = proxy.server;
  const { signal } = new AbortController();
  equal(await registry.await("web-1", { withinMs: 1, signal }), undefined);
  const awaited = registry.await("web-1", { withinMs: 60_000, signal });
  await using _newer = await dialAs("web-1", { address: proxy.address });
  const second = await awaited;
  equal((await second!.request(get("/"))).status, 200);
  gate.resolve();
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  equal(bytes, 2_000);
  await drained;
  equal(await first.closed, null);
  equal(registry.get("web-1"), second);
});

Deno.test("TunnelRegistry has a node that returns answer over the older session until it is there", async () => {
  await using proxy = await TestProxy.start();
  const older = await dialAs("web-1", { address: proxy.address });
  const first = await proxy.tunnel("web-1");
  const drained = older.drain({ deadlineMs: 60_000, lingerMs: 100 });
  await waitFor("draining", () => first.status.state === "draining");
  equal((await first.request(get("/"))).status, 200);
  equal(older.leaving.aborted, false);
  const hanging = rejects(first.request(get("/hang")), /broke/);
  await waitFor("the request", () => older.requests.open > 0);
  await using _newer = await dialAs("web-1", { address: proxy.address });
  const second = await waitFor("the newer one", () => {
    const now = proxy.server.registry.get("web-1");
    return now !== first && now;
  });
  equal((await second.request(get("/"))).status, 200);
  await rejects(first.request(get("/")), { code: "UNAVAILABLE" });
  // What is under way goes on, and is told to go on elsewhere.
  await waitFor("the end of followers", () => older.leaving.aborted);
  equal(first.status.state, "draining");
  await older.close();
  await Promise.all([hanging, drained]);
});

Deno.test("recheck() cuts the tunnels of nodes that are refused by now", async () => {
  await using proxy = await TestProxy.start();
  await using _one = await dialAs("web-1", { address: proxy.address });
  await using _two = await dialAs("web-2", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-1");
  const other = await proxy.tunnel("web-2");
  proxy.server.recheck(({ name }) => {
    if (name === "web-1") throw new Error("it was revoked");
  });
  equal(await tunnel.closed, "it was revoked");
  equal(other.status.state, "open");
});

Deno.test("TunnelRegistry.watch() tells what there is, and what changes", async () => {
  await using proxy = await TestProxy.start();
  await using _first = await dialAs("web-1", {
    address: proxy.address,
    labels: { env: "prod" },
    version: "0.9.0",
  });
  await proxy.tunnel("web-1");
  const abort = new AbortController();
  const changes = proxy.server.registry.watch({ signal: abort.signal });
  const next = async () => (await changes.next()).value!;
  const one = await next();
  equal(one.type === "connected" && one.tunnel.node, "web-1");
  deepEqual(one.type === "connected" && one.tunnel.labels, { env: "prod" });
  equal(one.type === "connected" && one.tunnel.version, "0.9.0");
  const second = await dialAs("web-2", { address: proxy.address });
  const two = await next();
  equal(two.type === "connected" && two.tunnel.node, "web-2");
  deepEqual(
    proxy.server.registry.list().map(({ node }) => node),
    ["web-1", "web-2"],
  );
  await second.close();
  const three = await next();
  equal(three.type === "disconnected" && three.node, "web-2");
  abort.abort();
  equal((await changes.next()).done, true);
});

Deno.test("gossip() reaches a node at once after hello, on change, and every interval", async () => {
  let proxies = [info("proxy-1")];
  await using proxy = await TestProxy.start({
    proxies: () => proxies,
    gossipIntervalMs: 60_000,
  });
  await using node = await dialAs("web-1", { address: proxy.address });
  const lists = node.gossip[Symbol.asyncIterator]();
  deepEqual((await lists.next()).value, proxies);
  proxies = [info("proxy-1"), info("proxy-2")];
  proxy.server.gossip();
  deepEqual((await lists.next()).value, proxies);
  await node.close();
  equal((await lists.next()).done, true);

  await using often = await TestProxy.start({
    proxies: () => proxies,
    gossipIntervalMs: 20,
  });
  await using other = await dialAs("web-1", { address: often.address });
  let count = 0;
  for await (const _ of other.gossip) if (++count === 3) break;
  const { answering } = await waitFor("statistics", () => {
    const status = often.server.registry.get("web-1")?.status;
    return status?.answering && status;
  });
  deepEqual(answering, { open: 0, total: 0 });
});

Deno.test("hello refuses a peer of another major version, or with another name", async () => {
  await using proxy = await TestProxy.start({ version: "2.0.0" });
  await using node = await dialAs("web-1", {
    address: proxy.address,
    version: "1.4.0",
  });
  match(await node.closed ?? "", /version "2\.0\.0" does not go with/);
  await using liar = await dialAs("web-1", {
    address: proxy.address,
    version: "2.1.0",
    credentials: await tunnelCredentials("web-2"),
  });
  await liar.closed;
  await waitFor(
    "the reason",
    () =>
      proxy.events.some((event) =>
        event.type === "closed" &&
        /says that it is "web-1".*certificate says "web-2"/.test(
          event.reason ?? "",
        )
      ),
  );
  equal(proxy.server.registry.size, 0);
});

Deno.test("tunnelDialler() takes the first own address where the wanted proxy answers", async () => {
  await using wrong = await TestProxy.start({ proxy: "proxy-1" });
  await using right = await TestProxy.start({ proxy: "proxy-2" });
  const credentials = await tunnelCredentials("web-1");
  const dial = tunnelDialler({
    credentials: () => credentials,
    verifier: await verifierFor(credentials.ca),
    ...{ node: "web-1", labels: {}, handler: answer },
  });
  const { signal } = new AbortController();
  const tunnel = await dial({
    type: "direct",
    proxy: "proxy-2",
    addresses: [wrong.address, right.address],
  }, { signal });
  equal(tunnel.proxy, "proxy-2");
  tunnel.serve();
  await right.tunnel("web-1");
  await tunnel.close();
  const any = await dial({ type: "balancer", address: wrong.address }, {
    signal,
  });
  equal(any.proxy, "proxy-1");
  await any.close();
  await rejects(
    dial({ type: "direct", proxy: "proxy-2", addresses: [wrong.address] }, {
      signal,
    }),
    /^Error: proxy "proxy-2": "127\.0\.0\.1:\d+" is "proxy-1", not "proxy-2"$/,
  );
  equal(wrong.server.registry.size, 0);
});
