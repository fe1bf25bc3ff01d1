import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { NodeCluster } from "../../helpers/node_cluster.ts";
import { PROTOCOLS } from "../../helpers/api.ts";
import { until } from "../../helpers/jobs.ts";
import { records, RecordStream } from "../../helpers/record_stream.ts";
import { waitFor } from "../../helpers/wait_for.ts";

const MIB = 1 << 20;

/** SHA-256 and length of a body, read as it comes. */
async function digestOf(body: ReadableStream<Uint8Array>) {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of body) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

Deno.test("fifty megabytes of output come through a proxy to the byte", async () => {
  await using cluster = await NodeCluster.start();
  await using _node = await cluster.node("web-1");
  const script = "seq 1 6500000 | head -c 50000000";
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `${script} | sha256sum`],
  }).output();
  const expected = new TextDecoder().decode(stdout).split(" ")[0];
  for (const protocol of PROTOCOLS) {
    const alice = await cluster.as("alice", { protocol });
    const response = await alice.open(
      "/v1/nodes/web-1/run?format=raw",
      {
        method: "POST",
        body: JSON.stringify({ command: "sh", args: ["-c", script] }),
      },
    );
    deepEqual(await digestOf(response.body!), {
      bytes: 50_000_000,
      sha256: expected,
    });
  }
});

Deno.test("a large input goes through a proxy to the byte, and one that nobody wants ends", async () => {
  await using cluster = await NodeCluster.start();
  await using _node = await cluster.node("web-1");
  for (const protocol of PROTOCOLS) {
    const alice = await cluster.as("alice", { protocol });
    const { id } = (await alice.post("/v1/nodes/web-1/jobs", {
      command: "sha256sum",
      stdin: true,
    })).json;
    const bytes = new Uint8Array(20 * MIB);
    for (let at = 0; at < bytes.length; at += 65_536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    }
    const input = await alice.ask(`/v1/nodes/web-1/jobs/${id}/input`, {
      method: "POST",
      body: bytes,
    });
    equal(input.status, 200, input.text);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const { text } = await alice.get(
      `/v1/nodes/web-1/jobs/${id}/output?follow=true&format=raw`,
    );
    equal(text, `${digest.toHex()}  -\n`);
    // Answered before the body is there.
    const refused = await alice.open("/v1/nodes/web-1/jobs/nothing/input", {
      method: "POST",
      duplex: "half",
      body: new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      }),
    }).then(async (response) => {
      await response.text();
      return response.status;
    }, () => "cut");
    ok(refused === 404 || refused === "cut", `${refused}`);
    equal((await alice.get("/v1/nodes/web-1/jobs")).status, 200);
  }
  await waitFor(
    "nothing under way",
    () => cluster.tunnels.registry.get("web-1")!.status.requests === 0,
  );
});

Deno.test("a slow reader costs the proxy no memory, and holds up nobody else", async () => {
  await using cluster = await NodeCluster.start();
  await using node = await cluster.node("web-1");
  for (const protocol of PROTOCOLS) {
    const alice = await cluster.as("alice", { protocol });
    const response = await alice.open("/v1/nodes/web-1/run?format=raw", {
      method: "POST",
      body: '{"command":"yes","limits":{"output":"1G"}}',
    });
    const reader = response.body!.getReader();
    await reader.read();
    const [job] = await node.jobs.list({ state: ["running"] });
    await until(async () =>
      (await node.jobs.get(job!.id)).output.end > 100 * MIB
    );
    const before = Deno.memoryUsage().external;
    await until(async () =>
      (await node.jobs.get(job!.id)).output.end > 200 * MIB
    );
    const grown = Deno.memoryUsage().external - before;
    ok(grown < 50 * MIB, `${grown} bytes more`);
    const bob = await cluster.as("bob");
    equal((await bob.get("/v1/nodes/web-1/jobs")).status, 200);
    await reader.cancel();
    await waitFor(
      "the node's end of it",
      () => node.tunnel.requests.open === 0,
    );
    await node.jobs.stop(job!.id, { grace: 0 });
  }
});

Deno.test("a client that goes ends its request on the node at once", async () => {
  await using cluster = await NodeCluster.start();
  await using node = await cluster.node("web-1");
  for (const protocol of PROTOCOLS) {
    const alice = await cluster.as("alice", { protocol });
    const abort = new AbortController();
    const { signal } = abort;
    const { id } = (await alice.post("/v1/nodes/web-1/jobs", {
      command: "sleep",
      args: ["1000"],
    })).json;
    const path = `/v1/nodes/web-1/jobs/${id}`;
    const waiting = alice.open(`${path}?wait=true`, { signal });
    const response = await alice.open(`${path}/output?follow=true`, { signal });
    await waitFor("both", () => node.tunnel.requests.open === 2);
    abort.abort();
    await rejects(waiting);
    await rejects(response.text());
    await waitFor("none", () => node.tunnel.requests.open === 0);
    await node.jobs.stop(id, { grace: 0 });
  }
});

Deno.test("an answer whose tunnel breaks looks cut to the client", async () => {
  await using cluster = await NodeCluster.start();
  for (const protocol of PROTOCOLS) {
    const node = await cluster.node("web-1");
    const alice = await cluster.as("alice", { protocol });
    const response = await alice.open("/v1/nodes/web-1/run?format=raw", {
      method: "POST",
      body: '{"command":"sh","args":["-c","echo hello; sleep 1000"]}',
    });
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    equal(new TextDecoder().decode(value), "hello\n");
    const waiting = alice.get("/v1/nodes/web-1/jobs/x?wait=true");
    await waiting;
    cluster.tunnels.registry.get("web-1")!.destroy("broken by a test");
    await rejects(reader.read());
    await node[Symbol.asyncDispose]();
  }
});

Deno.test("a proxy that shuts down leaves its followers, and lets other answers end", async () => {
  for (const protocol of PROTOCOLS) {
    const cluster = await NodeCluster.start();
    await using node = await cluster.node("web-1");
    const alice = await cluster.as("alice", { protocol });
    const { id } = (await alice.post("/v1/nodes/web-1/jobs", {
      command: "sh",
      args: ["-c", "echo hello; sleep 1000"],
    })).json;
    const path = `/v1/nodes/web-1/jobs/${id}`;
    const followed = await alice.open(`${path}/output?follow=true`);
    const records = new RecordStream(followed);
    equal((await records.next()).type, "output");
    const waiting = alice.get(`${path}?wait=true`);
    await waitFor("both", () => node.tunnel.requests.open === 2);
    const closed = cluster.proxy.listener!.close({ deadlineMs: 20_000 });
    await rejects(records.next());
    const { status, headers } = await waiting;
    equal(status, 503);
    equal(headers.get("retry-after"), "0");
    // The tunnel is one of the listener's connections, and ends as they do.
    equal(await node.tunnel.closed, null);
    await closed;
    await cluster[Symbol.asyncDispose]();
  }
});

/** Starts what prints nothing and goes on. */
const SLEEP = {
  method: "POST",
  body: '{"command":"sleep","args":["1000"]}',
};

Deno.test("a node that lingers lets its followers see a job end", async () => {
  await using cluster = await NodeCluster.start();
  await using node = await cluster.node("web-1");
  const alice = await cluster.as("alice");
  const response = await alice.open("/v1/nodes/web-1/run", SLEEP);
  const [job] = await node.jobs.list();
  const drained = node.tunnel.drain({ deadlineMs: 60_000, lingerMs: 60_000 });
  await node.dial(cluster.address);
  await node.jobs.stop(job!.id);
  equal(records(await response.text()).at(-1).type, "end");
  await drained;
});

Deno.test("a node that takes its tunnel down leaves its followers", async () => {
  await using cluster = await NodeCluster.start();
  await using node = await cluster.node("web-1");
  const alice = await cluster.as("alice");
  const response = await alice.open("/v1/nodes/web-1/run", SLEEP);
  const records = new RecordStream(response);
  equal((await records.next()).type, "job");
  const drained = node.tunnel.drain({ deadlineMs: 20_000 });
  await rejects(records.next());
  await drained;
});
