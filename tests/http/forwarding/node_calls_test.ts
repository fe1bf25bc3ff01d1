import { deepEqual, equal, match, ok } from "node:assert/strict";
import { NodeCluster } from "../../helpers/node_cluster.ts";
import { PROTOCOLS } from "../../helpers/api.ts";
import { waitFor } from "../../helpers/wait_for.ts";

Deno.test("a job of a node is started, read, written to, stopped and removed through a proxy", async (t) => {
  await using cluster = await NodeCluster.start();
  await using node = await cluster.node("web-1");
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      const alice = await cluster.as("alice", { protocol });
      const started = await alice.post("/v1/nodes/web-1/jobs", {
        command: "cat",
        stdin: true,
      });
      equal(started.status, 201, started.text);
      const { id, owner } = started.json;
      equal(owner, "alice");
      equal(started.headers.get("location"), `/v1/nodes/web-1/jobs/${id}`);
      equal((await node.jobs.get(id)).command, "cat");
      const path = `/v1/nodes/web-1/jobs/${id}`;
      const input = await alice.post(`${path}/input`, "hello\n");
      equal(input.status, 200, input.text);
      const output = await alice.get(`${path}/output?follow=true&format=raw`);
      equal(output.text, "hello\n");
      const final = await alice.get(`${path}?wait=true`);
      equal(final.json.state, "succeeded");
      const stopped = await alice.post("/v1/nodes/web-1/jobs", {
        command: "sleep",
        args: ["1000"],
      });
      const stop = await alice.post(
        `/v1/nodes/web-1/jobs/${stopped.json.id}/stop`,
        {},
      );
      equal(stop.json.state, "stopped", stop.text);
      const removed = await alice.delete(path);
      equal(removed.status, 204);
      equal(removed.text, "");
      const gone = await alice.get(path);
      equal(gone.status, 404);
      equal(gone.json.code, "NOT_FOUND");
      match(gone.headers.get("content-type")!, /problem\+json/);
    });
  }
});

Deno.test("run on a node streams the job, its output and its end", async () => {
  await using cluster = await NodeCluster.start();
  await using _node = await cluster.node("web-1");
  const alice = await cluster.as("alice");
  const { status, text, headers } = await alice.post("/v1/nodes/web-1/run", {
    command: "echo",
    args: ["hello"],
  });
  equal(status, 200);
  const records = text.trim().split("\n").map((line) => JSON.parse(line));
  deepEqual(records.map(({ type }) => type), ["job", "output", "end"]);
  equal(
    headers.get("location"),
    `/v1/nodes/web-1/jobs/${records[0].id}`,
  );
});

Deno.test("a node with an address of its own is reached there", async () => {
  await using cluster = await NodeCluster.start();
  await using node = await cluster.direct("db-1");
  const alice = await cluster.as("alice");
  const { json, status, text } = await alice.post("/v1/nodes/db-1/jobs", {
    command: "true",
  });
  equal(status, 201, text);
  equal((await node.jobs.get(json.id)).owner, "alice");
  const [started] = await node.audited();
  equal(started!.actor?.name, "alice");
  match(started!.from ?? "", /^127\.0\.0\.1:\d+ via proxy-1$/);
});

Deno.test("the proxy's own node answers without another hop", async () => {
  await using cluster = await NodeCluster.start();
  const alice = await cluster.as("alice");
  const { json, status, text } = await alice.post("/v1/nodes/proxy-1/jobs", {
    command: "true",
  });
  equal(status, 201, text);
  equal((await cluster.proxy.jobs.get(json.id)).owner, "alice");
  const run = await alice.post("/v1/nodes/proxy-1/run?format=raw", {
    command: "echo",
    args: ["here"],
  });
  equal(run.text, "here\n");
  const head = await alice.ask(`/v1/nodes/proxy-1/jobs/${json.id}`, {
    method: "HEAD",
  });
  equal(head.status, 200);
  const [audit] = await cluster.proxy.audited();
  equal(audit!.action, "job.start");
});

Deno.test("paths and queries go to the node as they came", async () => {
  await using cluster = await NodeCluster.start();
  await using _node = await cluster.node("web-1");
  const alice = await cluster.as("alice");
  await alice.post("/v1/nodes/web-1/jobs", {
    command: "true",
    labels: { "a b": "ü/%" },
  });
  const query = `label=${encodeURIComponent("a b=ü/%")}`;
  const found = await alice.get(`/v1/nodes/web%2D1/jobs?${query}`);
  equal(found.json.length, 1, found.text);
  const none = await alice.get("/v1/nodes/web-1/jobs?label=a%20b%3Dother");
  deepEqual(none.json, []);
  const bad = await alice.get("/v1/nodes/web-1/jobs/no%2Fjob");
  match(bad.json.detail, /no\/job|no%2Fjob/);
  equal((await alice.get("/v1/nodes/web-1/tokens")).status, 404);
  equal((await alice.get("/v1/nodes/web-1/nodes/proxy-1/jobs")).status, 404);
  equal((await alice.get("/v1/nodes/%ff/jobs")).json.code, "INVALID_ARGUMENT");
  equal((await alice.get("/v1/nodes/web-1/readyz")).json.status, "ok");
  const head = await alice.ask("/v1/nodes/web-1/jobs", { method: "HEAD" });
  equal(head.status, 200);
  equal(head.text, "");
});

Deno.test("a node that can't be reached is answered with why and since when", async () => {
  await using cluster = await NodeCluster.start();
  const alice = await cluster.as("alice");
  const ask = async (node: string) =>
    (await alice.get(`/v1/nodes/${node}/jobs`)).json;
  const unknown = await ask("nobody");
  equal(unknown.code, "NOT_FOUND");
  match(unknown.detail, /there is no node "nobody"/);

  cluster.know("web-1", [], { state: "offline" });
  const never = await ask("web-1");
  equal(never.code, "UNAVAILABLE");
  match(
    never.detail,
    /never had a tunnel to this proxy; it is offline since 2026-01-01T00:00:00.000Z/,
  );

  cluster.know("web-2", [], { proxies: ["proxy-1", "proxy-7"] });
  match((await ask("web-2")).detail, /it has tunnels to "proxy-7": ask there/);

  cluster.know("db-1", ["127.0.0.1:1"]);
  const refused = await ask("db-1");
  equal(refused.code, "UNAVAILABLE");
  match(
    refused.detail,
    /node "db-1" can't be reached: could not connect to "127\.0\.0\.1:1": .*refused.*; it was heard of at 2026/i,
  );
});

Deno.test("a node whose tunnel ended is answered with when and why", async () => {
  await using cluster = await NodeCluster.start();
  const node = await cluster.node("web-1");
  await node[Symbol.asyncDispose]();
  await waitFor("nobody", () => cluster.tunnels.registry.size === 0);
  cluster.know("web-1");
  const alice = await cluster.as("alice");
  const { json } = await alice.get("/v1/nodes/web-1/jobs");
  equal(json.code, "UNAVAILABLE");
  match(json.detail, /its tunnel to this proxy ended at 20\d\d-/);
});

Deno.test("a call waits for a tunnel that is being replaced", async () => {
  await using cluster = await NodeCluster.start();
  await using node = await cluster.node("web-1");
  const alice = await cluster.as("alice");
  equal((await alice.get("/v1/nodes/web-1/jobs")).status, 200);
  await node.tunnel.drain();
  const asked = alice.get("/v1/nodes/web-1/jobs");
  cluster.know("web-1");
  await node.dial(cluster.address);
  // The directory knew nobody when some of them asked.
  ok([200, 404].includes((await asked).status));
  equal((await alice.get("/v1/nodes/web-1/jobs")).status, 200);
});

Deno.test("a call waits for a node that is about to dial a proxy that has just begun", async () => {
  await using cluster = await NodeCluster.start({ since: performance.now() });
  const alice = await cluster.as("alice");
  cluster.know("web-1");
  const asked = alice.get("/v1/nodes/web-1/jobs");
  cluster.know("web-2", [], { state: "offline" });
  match((await alice.get("/v1/nodes/web-2/jobs")).json.detail, /is offline/);
  await using _node = await cluster.node("web-1");
  equal((await asked).status, 200);
});

Deno.test("another host at a node's address is told nothing", async () => {
  await using cluster = await NodeCluster.start();
  await using other = await cluster.direct("db-2");
  const [address] = cluster.directory.node("db-2")!.addresses;
  cluster.know("db-1", [address!]);
  const alice = await cluster.as("alice");
  const { json } = await alice.post("/v1/nodes/db-1/jobs", { command: "true" });
  equal(json.code, "UNAVAILABLE");
  match(json.detail, /who answers there is the node "db-2"/);
  deepEqual(await other.jobs.list({}), []);
});
