import { deepEqual, equal, rejects } from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { WorkerError } from "../../lib/api/errors.ts";
import { JobClient, TlsTransport, waitForEnd } from "../../lib/client/mod.ts";
import { makeCertificates } from "./certificates.ts";
import { serveFixture } from "./fixture_server.ts";

const certificates = await makeCertificates();
Deno.test.afterAll(async () => await certificates[Symbol.asyncDispose]());

const text = (body: unknown) => JSON.stringify(body);

/** A client of a server that answers like this, and the bodies that the server received. */
async function connected(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
) {
  const bodies: string[] = [];
  const server = await serveFixture(certificates, (request, response) => {
    let body = "";
    request.on("data", (part) => body += part);
    request.on("end", () => {
      bodies.push(body);
      handler(request, response);
    });
  });
  const answers: string[] = [];
  const transport = new TlsTransport({
    address: server.address,
    cacert: certificates.ca,
    ...certificates.alice,
  });
  return {
    client: new JobClient(transport, { received: (one) => answers.push(one) }),
    requests: server.requests,
    bodies,
    answers,
    async [Symbol.asyncDispose]() {
      transport[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

Deno.test("JobClient sends each call as the wire has it", async () => {
  await using it = await connected((_request, response) => response.end("[]"));
  const { client } = it;
  await client.start({ command: "true" });
  await client.get("j");
  await client.get("j", { wait: true });
  await client.list();
  await client.list({ state: ["running", "stopping"], labels: { a: "b=c" } });
  await client.stop("j", { name: "SIGINT", grace: 1_500 });
  await client.signal("j", "SIGHUP");
  await client.pause("j");
  await client.resume("j");
  await client.remove("a/b");
  deepEqual(it.requests, [
    "POST /v1/jobs",
    "GET /v1/jobs/j",
    "GET /v1/jobs/j?wait=true",
    "GET /v1/jobs",
    "GET /v1/jobs?state=running%2Cstopping&label=a%3Db%3Dc",
    "POST /v1/jobs/j/stop",
    "POST /v1/jobs/j/signal",
    "POST /v1/jobs/j/pause",
    "POST /v1/jobs/j/resume",
    "DELETE /v1/jobs/a%2Fb",
  ]);
  deepEqual(it.bodies.filter((body) => body !== ""), [
    text({ command: "true" }),
    text({ signal: "SIGINT", grace: "1500ms" }),
    text({ signal: "SIGHUP" }),
  ]);
});

Deno.test("JobClient tells answers as they were received", async () => {
  const sent = '{ "id":  "j" }\n';
  await using it = await connected((_request, response) => response.end(sent));
  equal((await it.client.get("j")).id, "j");
  deepEqual(it.answers, [sent]);
});

Deno.test("JobClient throws the server's own error when it refuses", async () => {
  const refused = new WorkerError("CONFLICT", 'the job "j" runs');
  await using it = await connected((_request, response) => {
    response.writeHead(409).end(text(refused.toProblem()));
  });
  await rejects(it.client.remove("j"), {
    name: "WorkerError",
    code: "CONFLICT",
    message: 'the job "j" runs',
  });
});

Deno.test("JobClient doubts that it is the right server when the answer is not JSON", async () => {
  await using it = await connected((request, response) => {
    response.writeHead(request.method === "GET" ? 200 : 502).end("<html>");
  });
  const expected = { code: "INTERNAL", message: /is it a worker server\?/ };
  await rejects(it.client.get("j"), expected);
  await rejects(it.client.signal("j", "SIGHUP"), expected);
});

Deno.test("input() streams the bytes and reports what it was told", async () => {
  await using it = await connected((_request, response) => {
    response.end(text({ id: "j" }));
  });
  async function* data() {
    yield new TextEncoder().encode("one ");
    yield await Promise.resolve(new TextEncoder().encode("two"));
  }
  equal((await it.client.input("j", data())).id, "j");
  deepEqual(it.bodies, ["one two"]);
});

Deno.test("output() is a source that gives every byte into buffers of any size", async () => {
  const sent = crypto.getRandomValues(new Uint8Array(50_000));
  await using it = await connected((_request, response) => response.end(sent));
  await using source = await it.client.output("j", { follow: true, from: 3 });
  const got: number[] = [];
  const buffer = new Uint8Array(777);
  while (await source.ready()) {
    got.push(...buffer.subarray(0, source.read(buffer)));
  }
  deepEqual(new Uint8Array(got), sent);
  deepEqual(it.requests, [
    "GET /v1/jobs/j/output?follow=true&from=3&format=frames",
  ]);
});

Deno.test("watch() gives a job for each record", async () => {
  await using it = await connected((_request, response) => {
    response.end(
      `${text({ type: "job", id: "a" })}\n{"type":"job","id":"b"}\n`,
    );
  });
  const jobs = await Array.fromAsync(it.client.watch({ owner: "alice" }));
  deepEqual(jobs, [{ id: "a" }, { id: "b" }] as unknown[]);
});

Deno.test("waitForEnd() goes on waiting when the connection breaks", async () => {
  let waits = 0;
  await using it = await connected((request, response) => {
    const waiting = request.url!.includes("wait=true");
    if (waiting && ++waits < 4) return void request.socket.destroy();
    const exit = waiting ? { code: 3 } : null;
    response.end(text({ id: "j", exit }));
  });
  const job = await waitForEnd(it.client, "j", { patience: { step: 1 } });
  equal(job.exit?.code, 3);
});
