import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkerError } from "../../lib/api/errors.ts";
import { dialAs, readBody, TestProxy } from "../helpers/tunnels.ts";
import { waitFor } from "../helpers/wait_for.ts";

const get = (path: string) => ({ method: "GET", path, headers: {} });

Deno.test("request() answers two hundred requests at once", async () => {
  await using proxy = await TestProxy.start();
  await using _node = await dialAs("web-1", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-1");
  const answers = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const { status, headers, body } = await tunnel.request(get("/"));
      const text = new TextDecoder().decode(await readBody(body));
      return `${status} ${headers["x-node"]} ${text}`;
    }),
  );
  deepEqual([...new Set(answers)], ["200 yes hello"]);
  await waitFor("idle", () => tunnel.status.requests === 0);
});

Deno.test("request() brings two hundred bodies back to the byte when they go both ways at once", async () => {
  await using proxy = await TestProxy.start();
  await using _node = await dialAs("web-1", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-1");
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const bytes = new Uint8Array(150_000 + index).fill(index);
      crypto.getRandomValues(bytes.subarray(0, 50_000));
      const { body } = await tunnel.request({
        ...get("/echo"),
        method: "POST",
        body: pieces(bytes),
      });
      deepEqual(await digest(await readBody(body)), await digest(bytes));
    }),
  );
});

Deno.test("request() rejects a body that was cut when its handler fails", async () => {
  await using proxy = await TestProxy.start();
  const errors: unknown[] = [];
  await using _node = await dialAs("web-1", {
    address: proxy.address,
    onError: (error) => errors.push(error),
  });
  const tunnel = await proxy.tunnel("web-1");
  await rejects(tunnel.request(get("/throw")), isUnavailable);
  const { body } = await tunnel.request(get("/cut"));
  await rejects(readBody(body), isUnavailable);
  equal(errors.length, 2);
});

Deno.test("request() rejects with the signal's reason when it aborts, and the node is told", async () => {
  await using proxy = await TestProxy.start();
  await using node = await dialAs("web-1", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-1");
  const abort = new AbortController();
  const answer = tunnel.request({ ...get("/hang"), signal: abort.signal });
  await waitFor("the request", () => node.requests.open === 1);
  abort.abort(new Error("not wanted"));
  await rejects(answer, /not wanted/);
  await waitFor("its end", () => node.requests.open === 0);
});

Deno.test("request() resets the stream when its body breaks", async () => {
  await using proxy = await TestProxy.start();
  await using node = await dialAs("web-1", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-1");
  const exchange = async () => {
    const { body } = await tunnel.request({
      ...get("/echo"),
      method: "POST",
      body: async function* () {
        yield new Uint8Array(10);
        throw new Error("the client has gone");
      }(),
    });
    await readBody(body);
  };
  await rejects(exchange, isUnavailable);
  await waitFor("its end", () => node.requests.open === 0);
});

Deno.test("TunnelBody tells the node when nobody reads it to its end", async () => {
  await using proxy = await TestProxy.start();
  await using node = await dialAs("web-1", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-1");
  const { body } = await tunnel.request(get(`/bytes?n=${2 ** 40}`));
  for await (const bytes of body) {
    ok(bytes.length > 0);
    break;
  }
  await waitFor("its end", () => node.requests.open === 0);
  const { body: unread } = await tunnel.request(get(`/bytes?n=${2 ** 40}`));
  unread.cancel();
  await waitFor("its end", () => node.requests.open === 0);
});

Deno.test("request() rejects when the node closes, before an answer and within one", async () => {
  await using proxy = await TestProxy.start();
  const node = await dialAs("web-1", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-1");
  const { body } = await tunnel.request(get("/part"));
  const hanging = tunnel.request(get("/hang"));
  await waitFor("the request", () => node.requests.open === 2);
  const both = Promise.all([
    rejects(readBody(body), isUnavailable),
    rejects(hanging, isUnavailable),
  ]);
  await node.close();
  await both;
  equal(await node.closed, null);
  await waitFor("nobody", () => proxy.server.registry.size === 0);
  await rejects(tunnel.request(get("/")), isUnavailable);
});

Deno.test("recheck() of the node cuts the tunnel when the proxy is refused by now", async () => {
  await using proxy = await TestProxy.start();
  await using node = await dialAs("web-1", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-1");
  node.recheck(({ name }) => equal(name, "proxy-1"));
  equal((await tunnel.request(get("/"))).status, 200);
  const hanging = rejects(tunnel.request(get("/hang")), {
    code: "UNAVAILABLE",
  });
  await waitFor("the request", () => node.requests.open === 1);
  node.recheck(() => {
    throw new Error("it was revoked");
  });
  equal(await node.closed, "it was revoked");
  await hanging;
  await tunnel.closed;
});

Deno.test("drain() of the proxy lets streams under way end, and takes no more", async () => {
  await using proxy = await TestProxy.start();
  await using node = await dialAs("web-1", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-1");
  const gate = Promise.withResolvers<void>();
  const { body } = await tunnel.request({
    ...get("/echo"),
    method: "POST",
    body: async function* () {
      yield new Uint8Array(1_000);
      await gate.promise;
      yield new Uint8Array(1_000);
    }(),
  });
  const drained = proxy.server.drain({ deadlineMs: 60_000 });
  await node.draining;
  await rejects(tunnel.request(get("/")), isUnavailable);
  gate.resolve();
  equal((await readBody(body)).length, 2_000);
  await drained;
  equal(await node.closed, null);
  equal(await tunnel.closed, null);
});

Deno.test("drain() of the proxy takes what comes within lingerMs", async () => {
  await using proxy = await TestProxy.start();
  await using node = await dialAs("web-1", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-1");
  const drained = proxy.server.drain({
    deadlineMs: 120_000,
    lingerMs: 60_000,
  });
  await node.draining;
  equal(tunnel.status.state, "draining");
  const { body } = await tunnel.request(get("/"));
  await readBody(body);
  equal(node.gone, false);
  await proxy.server.drain({ deadlineMs: 0 });
  await drained;
  await rejects(tunnel.request(get("/")), isUnavailable);
});

Deno.test("drain() of the proxy closes an idle tunnel after lingerMs", async () => {
  await using proxy = await TestProxy.start();
  await using node = await dialAs("web-1", { address: proxy.address });
  await proxy.tunnel("web-1");
  await proxy.server.drain({ deadlineMs: 60_000, lingerMs: 50 });
  equal(await node.closed, null);
});

Deno.test("drain() of the node lets streams under way end, and the proxy asks no more", async () => {
  await using proxy = await TestProxy.start();
  await using node = await dialAs("web-1", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-1");
  const gate = Promise.withResolvers<void>();
  const { body } = await tunnel.request({
    ...get("/echo"),
    method: "POST",
    body: async function* () {
      yield new Uint8Array(1_000);
      await gate.promise;
      yield new Uint8Array(1_000);
    }(),
  });
  const drained = node.drain({ deadlineMs: 60_000 });
  await waitFor("draining", () => tunnel.status.state === "draining");
  await rejects(tunnel.request(get("/")), isUnavailable);
  gate.resolve();
  equal((await readBody(body)).length, 2_000);
  await drained;
  equal(await tunnel.closed, null);
});

Deno.test("drain() cuts what is still open at the deadline", async () => {
  await using proxy = await TestProxy.start();
  await using _node = await dialAs("web-1", { address: proxy.address });
  const tunnel = await proxy.tunnel("web-1");
  const cut = rejects(tunnel.request(get("/hang")), isUnavailable);
  await waitFor("the request", () => tunnel.status.requests === 1);
  await proxy.server.drain({ deadlineMs: 50 });
  await cut;
});

function isUnavailable(error: unknown): boolean {
  return error instanceof WorkerError && error.code === "UNAVAILABLE";
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 16_000) {
    yield await Promise.resolve(bytes.subarray(at, at + 16_000));
  }
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
